"""The leaf that stands for `huffman.py` where the program is compiled: the same function, bit by bit through the code's tree."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE

from interceptor.core.protocols.http2.tables import LENGTHS

__all__ = ["Invalid", "decode"]

cdef enum:
    _EOS = 256
    _PADDING = 7
    _SHORTEST = 5


class Invalid(Exception):
    """No encoder writes this string."""


cdef short _below[257][2]
"""What a 0 and a 1 lead to at each inner node of the tree, of which 0 is the root: a node, or -1 minus a symbol."""


cdef int _grow() except -1:
    cdef int nodes = 1, node, bit, shift, bits, symbol, length = 0
    cdef unsigned long code = 0
    for bits, symbol in sorted([(bits, symbol) for symbol, bits in enumerate(LENGTHS)]):
        code <<= bits - length
        length = bits
        node = 0
        for shift in range(bits - 1, 0, -1):
            bit = code >> shift & 1
            if not _below[node][bit]:
                _below[node][bit] = nodes
                nodes += 1
            node = _below[node][bit]
        _below[node][code & 1] = -1 - symbol
        code += 1
    return nodes


_grow()


cpdef bytes decode(bytes data):
    """The string that was encoded. Raises `Invalid`."""
    cdef Py_ssize_t size = PyBytes_GET_SIZE(data), at, length = 0
    cdef bytes room = PyBytes_FromStringAndSize(NULL, size * 8 // _SHORTEST)
    cdef const unsigned char *read = <const unsigned char *>PyBytes_AS_STRING(data)
    cdef char *text = PyBytes_AS_STRING(room)
    cdef int node = 0, depth = 0, shift, bit
    cdef bint ones = True
    cdef unsigned char byte
    for at in range(size):
        byte = read[at]
        for shift in range(7, -1, -1):
            bit = byte >> shift & 1
            node = _below[node][bit]
            depth += 1
            ones = ones and bit
            if node < 0:
                if node == -1 - _EOS:
                    raise Invalid
                text[length] = <char>(-1 - node)
                length += 1
                node = depth = 0
                ones = True
    if depth > _PADDING or not ones:
        raise Invalid
    return room[:length]
