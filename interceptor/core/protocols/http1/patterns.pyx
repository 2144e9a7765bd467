"""The leaf that stands for `patterns.py` where the program is compiled: the same functions, to the byte."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memchr, memcmp

__all__ = ["Pattern", "pattern", "well_formed"]

Pattern = object

cdef enum:
    _TRACEPARENT = 55
    PASS
    TAKE
    CHECK


cdef bint _digits(const char *text, Py_ssize_t size) noexcept:
    """Whether these are hexadecimal digits, lower case, and not all 0."""
    cdef bint other = False
    cdef Py_ssize_t at
    for at in range(size):
        if not (b'0' <= text[at] <= b'9' or b'a' <= text[at] <= b'f'):
            return False
        other = other or text[at] != b'0'
    return other


cdef bint _traceparent(const char *text) noexcept:
    """Whether these 55 bytes are a traceparent."""
    if text[2] != b'-' or text[35] != b'-' or text[52] != b'-' or (text[0] == b'f' and text[1] == b'f'):
        return False
    if not _digits(text + 3, 32) or not _digits(text + 36, 16):
        return False
    cdef char version[4]  # and flags, of which both may be 0: a 1 is no reason to refuse them
    version[:] = [text[0], text[1], text[53], text[54]]
    cdef Py_ssize_t at
    for at in range(4):
        if not (b'0' <= version[at] <= b'9' or b'a' <= version[at] <= b'f'):
            return False
    return True


cdef Py_ssize_t _strip(const char **text, Py_ssize_t size) noexcept:
    """Leave out the blanks around so many bytes. Returns how many are left."""
    while size and (text[0][0] == b' ' or text[0][0] == b'\t'):
        text[0] += 1
        size -= 1
    while size and (text[0][size - 1] == b' ' or text[0][size - 1] == b'\t'):
        size -= 1
    return size


cpdef bytes well_formed(bytes value):
    """A traceparent without the blanks around it; nothing where it is none."""
    cdef const char *text = PyBytes_AS_STRING(value)
    cdef Py_ssize_t size = _strip(&text, PyBytes_GET_SIZE(value))
    return PyBytes_FromStringAndSize(text, size) if size == _TRACEPARENT and _traceparent(text) else b""


cdef class _Whole:
    cdef tuple beginnings
    cdef bytes kinds
    cdef Py_ssize_t texts

    def match(self, bytes buffer, Py_ssize_t start, Py_ssize_t stop):
        cdef const char *text = PyBytes_AS_STRING(buffer)
        cdef const char *kinds = PyBytes_AS_STRING(self.kinds)
        cdef const char *end
        cdef const char *value
        cdef Py_ssize_t size, room
        cdef Py_ssize_t line, count = len(self.beginnings)
        cdef bytes beginning
        cdef list found = []
        stop = min(stop, PyBytes_GET_SIZE(buffer))
        if start < 0 or start >= stop:
            return None
        cdef const char *at = text + start
        cdef const char *last = text + stop
        for line in range(count):
            beginning = <bytes>self.beginnings[line]
            size = PyBytes_GET_SIZE(beginning)
            room = last - at
            if size > room or memcmp(at, PyBytes_AS_STRING(beginning), size):
                return None
            end = <const char *>memchr(at, b'\n', room)
            # From the line's start: a name may have a CR in it.
            if end is NULL or end == at or <const char *>memchr(at, b'\r', end - at) != end - 1:
                return None
            if kinds[line]:
                value = at + size
                size = end - 1 - value
                if size < 0:
                    return None
                if kinds[line] == CHECK:
                    size = _strip(&value, size)
                    if size != _TRACEPARENT or not _traceparent(value):
                        return None
                found.append(PyBytes_FromStringAndSize(value, size))
            elif end - 1 < at + size:
                return None
            at = end + 1
        if last - at < 2 or at[0] != b'\r' or at[1] != b'\n':
            return None
        return tuple(found), at + 2 - text


def pattern(beginnings, wanted, traceparent):
    """The pattern of heads whose lines begin so."""
    kinds = bytearray(len(beginnings))
    for line in wanted:
        kinds[line] = TAKE
    if traceparent:
        kinds[traceparent] = CHECK
    cdef _Whole whole = _Whole()
    whole.beginnings = tuple(beginnings)
    whole.kinds = bytes(kinds)
    return whole.match
