/* Starts rpcapd, unless it could not capture: then says in one line what is missing, and fails.
 *
 * rpcapd itself starts without any capability and refuses each capture later, to its client. In a container that is
 * a set-up error, which should be seen where it was made: in the log and status of this container.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

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

int
main(int argc, char **argv)
{
    /* What every capture begins with. Protocol 0 receives nothing. */
    int tried = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

    (void)argc;
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
    argv[0] = "/usr/sbin/rpcapd";
    (void)execv(argv[0], argv);
    fprintf(stderr, "rpcapd: cannot be started: %s\n", strerror(errno));
    return 1;
}
