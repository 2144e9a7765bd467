"""The leaf that stands for `dealing.py` where the program is compiled: the same functions, to the byte."""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

__all__ = ["deal", "flow_number", "taken_up"]

cdef struct _Place:
    int64_t time
    long long start
    uint32_t captured
    uint32_t length
    int reader


@cython.overflowcheck(False)
cdef inline uint64_t _number(const unsigned char *at, int size) noexcept:
    cdef uint64_t number = 0
    cdef int place
    for place in range(size):
        number = number << 8 | at[place]
    return number


@cython.overflowcheck(False)  # numbers that are mixed wrap
cdef inline uint64_t _end(const unsigned char *address, int size, const unsigned char *port) noexcept:
    cdef uint64_t low, high = 0, mixed
    if size == 4:
        low = _number(address, 4)
    else:
        high = _number(address, 8)
        low = _number(address + 8, 8)
    mixed = (low ^ high * <uint64_t>0x94D049BB133111EB) * <uint64_t>0x9E3779B97F4A7C15
    mixed += _number(port, 2) * <uint64_t>0xBF58476D1CE4E5B9
    mixed ^= mixed >> 29
    mixed *= <uint64_t>0xBF58476D1CE4E5B9
    return mixed ^ mixed >> 32


@cython.overflowcheck(False)  # numbers that are mixed wrap
cdef inline long long _flow_number(const unsigned char *flow, int address) noexcept:
    cdef const unsigned char *ports = flow + 2 * address
    cdef uint64_t mixed = _end(flow, address, ports) + _end(flow + address, address, ports + 2)
    mixed = (mixed ^ mixed >> 30) * <uint64_t>0x94D049BB133111EB
    return <long long>((mixed ^ mixed >> 31) >> 1)


cpdef long long flow_number(bytes flow) except? -1:
    """The same number for both directions of a connection, not negative."""
    cdef long long size = PyBytes_GET_SIZE(flow)
    if size != 12 and size != 36:
        raise ValueError(f"{size} bytes name no connection")
    return _flow_number(<const unsigned char *>PyBytes_AS_STRING(flow), <int>(size - 4) // 2)


cdef inline int _address(const unsigned char *frame, long long captured) noexcept:
    """How long the addresses are in a frame of the usual kind; 0 in any other."""
    if captured < 54:
        return 0
    if frame[12] == 0x08 and frame[13] == 0x00:
        if frame[14] != 0x45 or frame[20] & 0x3F or frame[21] or frame[23] != 6 or frame[47] & 2:
            return 0
        return 4
    if frame[12] != 0x86 or frame[13] != 0xDD or captured < 74:
        return 0
    return 0 if frame[14] >> 4 != 6 or frame[20] != 6 or frame[67] & 2 else 16


cpdef list deal(
    bytes buffer, list packets, long long readers, bint plain, dict moved, dict older, object other
):
    """What each of so many readers gets of these packets, in their order, as `taken_up` reads it."""
    cdef Py_ssize_t count = len(packets), index
    cdef long long end = PyBytes_GET_SIZE(buffer), start, captured, number
    cdef const unsigned char *data = <const unsigned char *>PyBytes_AS_STRING(buffer)
    cdef int address, reader
    cdef tuple packet
    cdef object found
    cdef list hands
    cdef char **ends
    if readers < 1:
        raise ValueError("nobody is there to read")
    cdef _Place *places = <_Place *>malloc(max(count, 1) * sizeof(_Place))
    cdef long long *sizes = <long long *>malloc(2 * readers * sizeof(long long))
    ends = <char **>malloc(readers * sizeof(char *))
    try:
        if places == NULL or sizes == NULL or ends == NULL:
            raise MemoryError
        for index in range(2 * readers):
            sizes[index] = 0
        for index in range(count):
            packet = packets[index]
            start, captured = packet[1], packet[2]
            if start < 0 or captured < 0 or captured > end - start:
                raise ValueError("the packet is not in the buffer")
            address = _address(data + start, captured) if plain else 0
            reader = -1
            if address:
                number = _flow_number(data + start + (26 if address == 4 else 22), address)
                if moved or older:
                    found = moved.get(number)
                    if found is None and older:
                        found = older.get(number)
                        if found is not None:
                            moved[number] = found
                    if found is not None:
                        reader = found
                if reader < 0:
                    reader = number % readers
            else:
                reader = other(packet)
            if reader >= readers:
                raise IndexError("there is no such reader")
            places[index].reader = reader
            if reader < 0:
                continue
            places[index].time = packet[0]
            places[index].start = start
            places[index].captured = <uint32_t>captured
            places[index].length = packet[3]
            sizes[reader] += 16 + captured
            sizes[readers + reader] += 1
        hands = [PyBytes_FromStringAndSize(NULL, sizes[index]) for index in range(readers)]
        for index in range(readers):
            ends[index] = PyBytes_AS_STRING(hands[index])
        for index in range(count):
            reader = places[index].reader
            if reader < 0:
                continue
            memcpy(ends[reader], &places[index].time, 8)
            memcpy(ends[reader] + 8, &places[index].captured, 4)
            memcpy(ends[reader] + 12, &places[index].length, 4)
            memcpy(ends[reader] + 16, data + places[index].start, places[index].captured)
            ends[reader] += 16 + places[index].captured
        return [(hands[index], sizes[readers + index]) for index in range(readers)]
    finally:
        free(places)
        free(sizes)
        free(ends)


cpdef list taken_up(bytes data):
    """The packets that were dealt."""
    cdef long long end = PyBytes_GET_SIZE(data), position = 0
    cdef int64_t time
    cdef uint32_t captured, length
    cdef list found = []
    while position < end:
        if end - position < 16:
            raise ValueError("no packet begins there")
        memcpy(&time, PyBytes_AS_STRING(data) + position, 8)
        memcpy(&captured, PyBytes_AS_STRING(data) + position + 8, 4)
        memcpy(&length, PyBytes_AS_STRING(data) + position + 12, 4)
        position += 16
        if captured > end - position:
            raise ValueError("a packet is not whole")
        found.append((time, position, captured, length))
        position += captured
    return found
