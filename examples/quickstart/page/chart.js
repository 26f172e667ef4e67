// The chart: one column for each second of the last minute, with what was accepted at its foot.

const seconds = 60, width = 600, height = 180;

// The decisions that have a colour of their own, from the foot of a column up. All others share one.
const order = [
  ["granted", "granted"], ["anonymous", "anonymous"], ["refused: no_credentials", "none"],
  ["refused: insufficient_scope", "scope"], ["refused: expired", "expired"], ["refused: audience", "audience"],
  ["refused: unknown_key", "key"], ["unavailable: unavailable", "unavailable"],
];
const known = new Map(order);

export function colourOf(decision) { return known.get(decision) ?? "other"; }

export function ranked(decisions) {
  const rank = (d) => (order.findIndex(([name]) => name === d) + order.length + 1) % (order.length + 1);
  return [...decisions].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

export class Chart {
  #svg; #top; #columns = [];

  constructor(svg, top) { this.#svg = svg; this.#top = top; }

  clear() { this.#columns = []; }

  add(decisions) {
    this.#columns.push(decisions);
    if (this.#columns.length > seconds) this.#columns.shift();
  }

  // Sums are those of the last minute.
  sums() {
    const sums = new Map();
    for (const column of this.#columns) {
      for (const [decision, count] of Object.entries(column)) sums.set(decision, (sums.get(decision) ?? 0) + count);
    }
    return sums;
  }

  draw() {
    const total = (column) => Object.values(column).reduce((a, b) => a + b, 0);
    const top = roundUp(Math.max(10, ...this.#columns.map(total)));
    const parts = [0.25, 0.5, 0.75].map((at) => shape("line", { x1: 0, x2: width, y1: height * at, y2: height * at }));
    const from = seconds - this.#columns.length, wide = width / seconds;
    this.#columns.forEach((column, i) => {
      let y = height;
      for (const decision of ranked(Object.keys(column))) {
        const tall = column[decision] / top * height;
        y -= tall;
        parts.push(shape("rect", { x: (from + i) * wide + 0.75, y, width: wide - 1.5, height: tall,
          class: colourOf(decision) }));
      }
    });
    this.#svg.replaceChildren(...parts);
    this.#top.textContent = `${top} per second`;
  }
}

function roundUp(count) {
  const unit = 10 ** Math.floor(Math.log10(count));
  return [1, 2, 3, 5, 10].map((n) => n * unit).find((n) => n >= count);
}

function shape(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
