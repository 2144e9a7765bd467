"""The leaf that stands for `classic.py` where the program is compiled: the same functions, to the byte."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.string cimport memcpy

__all__ = ["batched", "packets"]


cdef inline unsigned int _word(const unsigned char *at, bint big) noexcept:
    if big:
        return <unsigned int>at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3]
    return <unsigned int>at[3] << 24 | at[2] << 16 | at[1] << 8 | at[0]


cpdef tuple packets(bytes data, long long position, object order, long long size, long long unit, long long most):
    """The packets in `data` from `position` on, of at most `most` bytes each."""
    cdef const unsigned char *header
    cdef long long captured, length, start, time
    cdef long long end = PyBytes_GET_SIZE(data)
    cdef bint big = order == ">"
    cdef list found = []
    if position < 0 or size < 16:
        raise ValueError("no header begins there")
    while position <= end - size:
        header = <const unsigned char *>PyBytes_AS_STRING(data) + position
        captured = _word(header + 8, big)
        length = _word(header + 12, big)
        start = position + size
        if captured > end - start or captured > most:
            return found, position, captured
        time = <long long>_word(header, big) * 1_000_000_000 + _word(header + 4, big) * unit
        found.append((time, start, captured, max(length, captured)))
        position = start + captured
    return found, position, -1


cpdef list batched(bytes table):
    """The packets of a batch, of each of which `table` has four numbers of 32 bits, in this machine's order."""
    cdef unsigned int row[4]
    cdef long long time, place = 0
    cdef long long end = PyBytes_GET_SIZE(table)
    cdef list found = []
    if end % sizeof(row):
        raise ValueError(f"{end} bytes are no rows of {sizeof(row)}")
    while place < end:
        memcpy(row, PyBytes_AS_STRING(table) + place, sizeof(row))
        place += sizeof(row)
        time = <long long>row[0] * 1_000_000_000 + <long long>row[1] * 1_000
        found.append((time, <long long>row[2], <long long>row[3], <long long>row[3]))
    return found
