package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

func prepareCompletion(flags *flag.FlagSet) func(context.Context, streams) (int, error) {
	return func(_ context.Context, s streams) (int, error) {
		write := map[string]func(io.Writer){"bash": bash, "zsh": zsh, "fish": fish}[flags.Arg(0)]
		if flags.NArg() != 1 || write == nil {
			return 0, usageError("name one shell: bash, zsh or fish")
		}
		var script strings.Builder
		write(&script)
		_, err := io.WriteString(s.out, script.String())
		return exitGood, err
	}
}

// words lists what can follow the command.
func (c command) words() []string {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	c.prepare(flags)
	var words []string
	flags.VisitAll(func(f *flag.Flag) { words = append(words, "-"+f.Name) })
	if c.word != "" {
		words = append(words, strings.Split(c.word, "|")...)
	}
	return words
}

func names() string {
	var all []string
	for _, c := range commands() {
		all = append(all, c.name)
	}
	return strings.Join(all, " ")
}

// fileFlags are those that take the name of a file, as a pattern of a shell.
const fileFlags = "-jwks-file|-profile"

// bash writes words to choose from; where there are none, as after a flag that takes a file, bash offers files.
func bash(out io.Writer) {
	io.WriteString(out, "# To use it now: source <(guard completion bash)\n"+
		"_guard() {\n\tlocal words\n\tcase $COMP_CWORD in\n"+
		"\t1) words='"+names()+" help' ;;\n\t*) case ${COMP_WORDS[COMP_CWORD-1]} in\n\t\t"+
		fileFlags+") ;;\n\t\t*) case ${COMP_WORDS[1]} in\n")
	writeCases(out, "words='", "'")
	io.WriteString(out, "\t\tesac ;;\n\t\tesac ;;\n\tesac\n"+
		"\tCOMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\n"+
		"complete -o default -F _guard guard\n")
}

// zsh writes what can be sourced, and can be a file of fpath as well: such a file is the function, and its first call
// has to complete already.
func zsh(out io.Writer) {
	io.WriteString(out, "#compdef guard\n# To use it now: source <(guard completion zsh)\n_guard() {\n"+
		"\tif (( CURRENT == 2 )); then\n\t\tcompadd -- "+names()+" help\n\t\treturn\n\tfi\n"+
		"\tcase $words[CURRENT-1] in\n\t\t"+fileFlags+") _files; return ;;\n\tesac\n\tcase $words[2] in\n")
	writeCases(out, "compadd -- ", "")
	io.WriteString(out, "\tesac\n}\n"+
		"if [[ $funcstack[1] == _guard ]]; then\n\t_guard \"$@\"\nelse\n\tcompdef _guard guard\nfi\n")
}

func writeCases(out io.Writer, before, after string) {
	for _, c := range commands() {
		fmt.Fprintf(out, "\t\t%s) %s%s%s ;;\n", c.name, before, strings.Join(c.words(), " "), after)
	}
}

func fish(out io.Writer) {
	io.WriteString(out, "# To use it now: guard completion fish | source\ncomplete -c guard -f\n"+
		"complete -c guard -n __fish_use_subcommand -a help\n")
	for _, c := range commands() {
		fmt.Fprintf(out, "complete -c guard -n __fish_use_subcommand -a %s -d '%s'\n", c.name, c.summary)
		for _, word := range c.words() {
			option := "-a " + word
			if name, ok := strings.CutPrefix(word, "-"); ok {
				option = "-o " + name
			}
			if slices.Contains(strings.Split(fileFlags, "|"), word) {
				option += " -r -F"
			}
			fmt.Fprintf(out, "complete -c guard -n '__fish_seen_subcommand_from %s' %s\n", c.name, option)
		}
	}
}
