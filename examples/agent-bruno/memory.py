"""The process's memory: how much, and giving it back to the kernel."""

import ctypes
import gc

MIB = 1024 * 1024
_PAGE = 4096


def filled(size, seed=0x5A):
    """Bytes that really take memory: pages of zeros would be shared until written to."""
    return bytes([seed % 255 + 1]) * size


def statm():
    """Bytes: all that is mapped, resident, and resident but shared."""
    with open("/proc/self/statm") as file:
        size, resident, shared = file.read().split()[:3]
    return {"virtual": int(size) * _PAGE, "resident": int(resident) * _PAGE, "shared": int(shared) * _PAGE}


def trim():
    """Has the C library give back what was freed; otherwise it keeps it for the next time."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):
        pass  # another C library than glibc


def collect():
    before = statm()["resident"]
    found = gc.collect()
    trim()
    return {"collected": found, "freedBytes": max(0, before - statm()["resident"]), "stats": gc.get_stats()}
