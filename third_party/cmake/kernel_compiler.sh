#!/bin/sh
# Compiler launcher of kernels/: hands kernel files that are marked to clang, and leaves all others alone.
#
#   kernel_compiler.sh CLANG TARGET [ccache] COMPILER ARGUMENTS...
clang=$1 target=$2
shift 2
case " $* " in
  *" -DPINCER_KERNEL_BY_CLANG "*) ;;
  *) exec "$@" ;;
esac
case $1 in
  *ccache)
    ccache=$1
    shift 2
    exec "$ccache" "$clang" "--target=$target" "$@"
    ;;
  *)
    shift
    exec "$clang" "--target=$target" "$@"
    ;;
esac
