#!/usr/bin/env python3
"""Runs a program on a machine that seems to have no AMX: the kernel refuses the request for its tiles.

    bench/peers/without_amx.py PROGRAM [ARGUMENTS...]

A program has to ask for AMX by arch_prctl(ARCH_REQ_XCOMP_PERM) before its first instruction. A seccomp filter answers
EINVAL, as a kernel without AMX does; llama.cpp, oneDNN (so OpenVINO) and Pincer then use AVX-512. So both sides run the
same binaries that they run with AMX. Nothing else is filtered.
"""

import ctypes
import os
import platform
import struct
import sys

ARCH_PRCTL, ARCH_REQ_XCOMP_PERM = 158, 0x1023  # x86-64: number of the call, its first argument
PR_SET_NO_NEW_PRIVS, SECCOMP = 38, 317
SECCOMP_SET_MODE_FILTER = 1
# Without it, some kernels turn off speculative stores for the program, which makes it slower.
SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | 22  # SECCOMP_RET_ALLOW; SECCOMP_RET_ERRNO with EINVAL
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # classic BPF: ld [offset]; jeq value, then, else; ret value


class Program(ctypes.Structure):
    """struct sock_fprog"""

    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))


def refuse_amx():
    """For this process and what it starts; there is no way back. Does nothing on other machines than x86-64."""
    if platform.machine() != "x86_64":
        return
    # struct seccomp_data: the number of the call is at 0, its first argument at 16.
    steps = ((LOAD, 0, 0, 0), (JUMP_IF_EQUAL, 0, 3, ARCH_PRCTL), (LOAD, 0, 0, 16),
             (JUMP_IF_EQUAL, 0, 1, ARCH_REQ_XCOMP_PERM), (RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = Program(len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.syscall(SECCOMP, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, ctypes.byref(program)):
        raise OSError(ctypes.get_errno(), "the kernel takes no filter that refuses AMX")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    refuse_amx()
    os.execvp(sys.argv[1], sys.argv[1:])
