// All that comes from the program is written as text, never as markup: claims are whatever somebody put there.

import { Chart, colourOf, ranked } from "./chart.js";

const by = (id) => document.getElementById(id);

function element(name, className, ...children) {
  const e = document.createElement(name);
  if (className) e.className = className;
  e.append(...children);
  return e;
}

function post(path, body) { return fetch(path, { method: "POST", body }); }

// What the program says

const handlers = {
  about(about) {
    by("api").textContent = about.api;
    by("issuer-name").textContent = about.issuer;
    by("routes").tBodies[0].replaceChildren(...about.routes.map(route));
    by("samples").replaceChildren(...(about.tokens ?? []).map(sampleButton));
    for (const id of ["controls", "samples", "samples-title"]) by(id).hidden = !about.embedded;
    by("again").hidden = !about.embedded;
    by("no-traffic").hidden = about.embedded;
    by("explain-on").hidden = !about.explains;
    by("explain-off").hidden = about.explains;
    by("explain-off").textContent = "Off: this API takes the tokens of a real issuer, and those are for the API only. " +
      "Start the program with -explain-real-tokens to have them explained here.";
    chart.clear();
    announced = new Set();
  },
  start() {
    [...by("lines").tBodies].forEach((body) => body.remove());
    by("tour-state").textContent = "Under way …";
    by("again").disabled = true;
  },
  line: addLine,
  end(surprises) {
    const lines = by("lines").querySelectorAll("tbody tr.line").length;
    by("tour-state").textContent = surprises || `All ${lines} lines are as expected.`;
    by("tour-state").className = surprises ? "bad" : "good";
    by("again").disabled = false;
  },
  second: addSecond,
};

function connect() {
  const events = new EventSource("events");
  for (const [name, handle] of Object.entries(handlers)) {
    events.addEventListener(name, (event) => handle(JSON.parse(event.data)));
  }
  events.onopen = () => { by("connection").textContent = ""; };
  events.onerror = () => {
    by("connection").textContent = "Not connected. Is the program still running, and the page open only here?";
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, 5000);
  };
}

// The tour

function addLine(line) {
  const table = by("lines");
  if (line.title) {
    const title = element("th", "title", line.title);
    title.colSpan = 6;
    title.scope = "rowgroup";
    title.setAttribute("role", "rowheader");
    const body = element("tbody", "", row(title));
    body.setAttribute("role", "rowgroup");
    table.append(body);
    return;
  }
  const decision = line.surprise ? `UNEXPECTED: ${line.decision ?? ""} ${line.surprise}` : line.decision;
  const cells = Object.entries({ request: line.request, token: line.token, scopes: line.scopes, decision,
    status: line.status, challenge: line.challenge }).map(([name, text]) => {
    const cell = element("td", name, name === "decision" ? `${sign(text)} ${text}` : text ?? "");
    if (name === "decision") cell.classList.add(tone(text));
    cell.setAttribute("role", "cell");
    return cell;
  });
  const tr = row(...cells);
  tr.className = "line";
  (table.tBodies[table.tBodies.length - 1] ?? table.createTBody()).append(tr);
}

function row(...cells) {
  const tr = element("tr", "", ...cells);
  tr.setAttribute("role", "row");
  return tr;
}

function tone(decision) {
  if (/^(granted|open|anonymous)/.test(decision)) return "good";
  return decision.startsWith("unavailable") ? "unsure" : "bad";
}

function sign(decision) { return { good: "✓", bad: "✗", unsure: "?" }[tone(decision)]; }

by("again").addEventListener("click", () => post("tour"));

// The chart

const chart = new Chart(by("chart"), by("chart-top"));
let announced = new Set(); // the decisions of the last minute
let paused = false;

function addSecond(second) {
  chart.add(second.decisions);
  by("issuer-state").textContent = second.issuer || "somebody else's";
  by("issuer-state").className = second.issuer === "works" ? "good" : "bad";
  by("published").textContent = second.issuer ? second.published : "not known here";
  by("usable").textContent = `${second.usable}, ${second.keys}`;
  if (!paused) show(second.decisions);
}

function show(last) {
  chart.draw();
  const sums = chart.sums();
  const fresh = [...sums.keys()].filter((decision) => !announced.has(decision));
  if (announced.size && fresh.length) by("news").textContent = `New in the chart: ${fresh.join(", ")}`;
  announced = new Set(sums.keys());
  by("legend").tBodies[0].replaceChildren(...ranked(sums.keys()).map((decision) => {
    const name = element("td", "", element("span", `swatch ${colourOf(decision)}`), decision);
    return element("tr", "", name, element("td", "", String(last[decision] ?? 0)),
      element("td", "", String(sums.get(decision))));
  }));
}

by("pause").addEventListener("click", () => {
  paused = !paused;
  by("pause").setAttribute("aria-pressed", paused);
});

// The issuer

for (const button of document.querySelectorAll("[data-action]")) {
  button.addEventListener("click", async () => {
    const answer = await post(`issuer/${button.dataset.action}`).catch(() => null);
    by("did").textContent = answer?.ok ? (await answer.json()).did : "That did not work.";
  });
}

// Explain

function sampleButton(sample) {
  const button = element("button", "", sample.about);
  button.type = "button";
  button.addEventListener("click", async () => {
    const answer = await post(`tokens/${sample.name}`).catch(() => null);
    if (!answer?.ok) return fail("There is no token to be had.");
    by("token").value = await answer.text();
    explain();
  });
  return button;
}

async function explain() {
  const token = by("token").value.trim();
  if (!token) return fail("The box is empty.");
  const answer = await post("explain", token).catch(() => null);
  if (!answer) return fail("The program does not answer.");
  if (!answer.ok) return fail((await answer.text()).trim());
  const explanation = await answer.json();
  const verdict = `The token is ${explanation.verdict}`;
  by("verdict").textContent = explanation.error ? `${verdict}: ${explanation.error.replace(/^jwt: /, "")}` : `${verdict}.`;
  by("verdict").className = { accepted: "good", refused: "bad" }[explanation.verdict] ?? "unsure";
  by("unverified").hidden = !explanation.findings.some((f) => f.unverified);
  by("findings").replaceChildren(...explanation.findings.map(finding));
}

function fail(text) {
  by("verdict").textContent = text;
  by("verdict").className = "bad";
  by("unverified").hidden = true;
  by("findings").replaceChildren();
}

const outcomes = { passed: ["✓ passed", "good"], failed: ["✗ failed", "bad"], not_judged: ["– not judged", "unsure"] };

function finding(f) {
  const [text, tone] = outcomes[f.outcome];
  const item = element("li", "", element("span", `outcome ${tone}`, text), element("span", "check mono", f.check));
  const say = (className, text) => { if (text) item.append(element("p", className, text)); };
  say("", [f.found, f.because].filter(Boolean).join(": ") + (f.unverified ? " (not verified)" : ""));
  if (f.outcome === "failed") say("", f.expected && `Expected: ${f.expected}`);
  say("remedy", f.remedy);
  return item;
}

by("explain-form").addEventListener("submit", (event) => { event.preventDefault(); explain(); });
by("explain-form").addEventListener("reset", () => { fail(""); by("token").focus(); });

// The inventory

function route(route) {
  return element("tr", "", element("td", "mono", route.pattern), element("td", "", route.needs));
}

connect();
