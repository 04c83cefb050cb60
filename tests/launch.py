"""Start a program that ends with its parent, as another user where that is asked.

Arguments: the parent's process id, "uid:gid" or "", the signal to get when the parent is gone, the program, its
arguments. A program of its own rather than a `preexec_fn`, which is unsafe in a process with threads.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, owner, signal_number, program, *arguments = sys.argv[1:]
    if owner:
        uid, gid = map(int, owner.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After the change of user, which clears it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit("the parent ended before the program could start")
    os.execv(program, [program, *arguments])  # noqa: S606 - no shell is wanted


main()
