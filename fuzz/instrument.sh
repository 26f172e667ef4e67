#!/usr/bin/env bash
# go test -toolexec "$PWD/fuzz/instrument.sh" -run '^$' -fuzz '^FuzzToken$' ./fuzz
#
# Compiles fuzz targets with coverage counters in this module's packages only, and not in their tests. The go command puts
# counters into everything, net/http included: five times as many. The engine clears, rounds and compares all of them after
# each execution, which takes longer than judging a token does, and it takes a new path through somebody else's code for a
# discovery. The targets are the same with and without; this only makes them fast.
set -euo pipefail
tool=$1
shift
arguments=("$@")

strip() {
	local argument
	arguments=()
	for argument in "$@"; do
		[ "$argument" = -d=libfuzzer ] || arguments+=("$argument")
	done
}

case ${tool##*/} in
compile*)
	if [ "${1:-}" = -V=full ]; then
		# The version is part of the key of the build cache. What is compiled here must not be taken for the usual.
		version=$("$tool" "$@")
		printf '%s counters-in-our-packages\n' "$version"
		exit
	fi
	case ${TOOLEXEC_IMPORTPATH:-} in
	*_test* | *.test | */jwttest) strip "$@" ;;
	example.com/resourceserver/*) ;;
	*) strip "$@" ;;
	esac
	;;
esac
exec "$tool" "${arguments[@]}"
