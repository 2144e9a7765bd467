/* Starts rpcapd, unless it could not capture as it is told to: then says in one line what is the matter, and fails.
 *
 * rpcapd itself starts without any capability and refuses each capture later, to its client. In a container that is
 * a set-up error, which should be seen where it was made: in the log and status of this container.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef RPCAPD
#define RPCAPD "/usr/sbin/rpcapd"
#endif

/* Whether the effective set has it; a capability that cannot be looked up counts as there. */
static int
effective(unsigned number)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3, .pid = 0 };
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

    if (syscall(SYS_capget, &header, sets) != 0)
        return 1;
    return (sets[CAP_TO_INDEX(number)].effective & CAP_TO_MASK(number)) != 0;
}

/* Whether the buffer's size is one that rpcapd takes (buffer.patch); it takes libpcap's own where none is set. */
static int
sensible(const char *size)
{
    char *end;
    long bytes;

    if (size == NULL)
        return 1;
    errno = 0;
    bytes = strtol(size, &end, 10);
    return errno == 0 && end != size && *end == '\0' && bytes >= 512 * 1024 && bytes <= 1024 * 1024 * 1024;
}

/* All that rpcapd writes to standard output, but for its help, is a hint for whoever sits at a terminal. It stays in a
 * buffer that each of its processes writes out at its end: a line for every connection, those of probes too. The log is
 * on standard error. */
static void
without_hint(int argc, char **argv)
{
    int nowhere;

    if (isatty(STDOUT_FILENO) || (argc == 2 && strcmp(argv[1], "-h") == 0))
        return;
    nowhere = open("/dev/null", O_WRONLY);
    if (nowhere < 0)
        return;
    (void)dup2(nowhere, STDOUT_FILENO);
    if (nowhere != STDOUT_FILENO)
        (void)close(nowhere);
}

int
main(int argc, char **argv)
{
    int tried;

    if (!sensible(getenv("RPCAPD_BUFFER_BYTES"))) {
        fputs("rpcapd: RPCAPD_BUFFER_BYTES is not a number of bytes from 524288 to 1073741824\n", stderr);
        return 1;
    }
    /* What every capture begins with. Protocol 0 receives nothing. */
    tried = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (tried < 0) {
        int reason = errno;

        if (reason == EPERM && !effective(CAP_NET_RAW))
            fputs("rpcapd: cannot capture: the capability CAP_NET_RAW is missing; run as root with NET_RAW "
                  "added, or privileged\n", stderr);
        else
            fprintf(stderr, "rpcapd: cannot capture: opening a packet socket: %s; CAP_NET_RAW is there, so look "
                    "at seccomp, AppArmor or SELinux\n", strerror(reason));
        return 1;
    }
    (void)close(tried);
    without_hint(argc, argv);
    argv[0] = RPCAPD;
    (void)execv(argv[0], argv);
    fprintf(stderr, "rpcapd: cannot be started: %s\n", strerror(errno));
    return 1;
}
