#!/usr/bin/env bash
# go test -toolexec "$PWD/fuzz/instrument.sh" -run '^$' -fuzz '^FuzzToken$' ./fuzz
#
# Compiles fuzz targets with coverage counters in this module and its JSON library only. The go command puts counters into
# every package, net/http and its like included: ten times as many as are of interest here. The engine clears, rounds and
# compares all of them after each execution, which takes several times as long as judging a token does, and it takes a new
# path through somebody else's code for a discovery. The targets are the same with and without; this only makes them fast.
set -euo pipefail
tool=$1
shift
case ${tool##*/} in
compile*)
	if [ "${1:-}" = -V=full ]; then
		# The version is part of the key of the build cache. What is compiled here must not be taken for the usual.
		version=$("$tool" "$@")
		printf '%s counters-in-our-own-code\n' "$version"
		exit
	fi
	case ${TOOLEXEC_IMPORTPATH:-} in
	example.com/resourceserver | example.com/resourceserver[/_\ ]* | github.com/go-json-experiment/*) ;;
	*)
		kept=()
		for argument in "$@"; do
			[ "$argument" = -d=libfuzzer ] || kept+=("$argument")
		done
		set -- "${kept[@]}"
		;;
	esac
	;;
esac
exec "$tool" "$@"
