"""The leaf that stands for `frames.py` where the program is compiled: the same function, to the byte."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE

__all__ = ["fast_lane"]


cdef inline unsigned int _two(const unsigned char *at) noexcept:
    return at[0] << 8 | at[1]


cdef inline unsigned int _four(const unsigned char *at) noexcept:
    return <unsigned int>at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3]


cpdef tuple fast_lane(bytes buffer, long long start, long long captured):
    """Return the segment in a frame of Ethernet, IPv4 or IPv6 without options, and TCP; None for any other."""
    cdef long long length, room
    cdef int headers, addresses, tcp
    if captured < 54:
        return None
    if start < 0 or captured > PyBytes_GET_SIZE(buffer) - start:
        raise ValueError("the frame is not in the buffer")
    cdef const unsigned char *frame = <const unsigned char *>PyBytes_AS_STRING(buffer) + start
    if frame[12] == 0x08 and frame[13] == 0x00:
        # No options, no fragment (more of them, or an offset), and TCP.
        if frame[14] != 0x45 or frame[20] & 0x3F or frame[21] or frame[23] != 6:
            return None
        addresses, tcp = 26, 34
        length = 14 + _two(frame + 16)
    elif frame[12] == 0x86 and frame[13] == 0xDD:
        if frame[14] & 0xF0 != 0x60 or captured < 74 or frame[20] != 6:
            return None
        addresses, tcp = 22, 54
        length = 54 + _two(frame + 18)
    else:
        return None
    if frame[tcp + 12] < 0x50:
        return None
    headers = tcp + (frame[tcp + 12] >> 2 & 60)
    length -= headers
    room = captured - headers
    if length < 0 or (room < 0 and length > room):
        return None
    return (
        PyBytes_FromStringAndSize(<const char *>frame + addresses, tcp - addresses + 4),
        _four(frame + tcp + 4),
        _four(frame + tcp + 8),
        frame[tcp + 13],
        start + headers,
        min(length, room),
        length,
    )
