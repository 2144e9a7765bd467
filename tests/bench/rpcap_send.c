/* Sends COUNT frames of SIZE bytes on INTERFACE at RATE a second, in a burst each millisecond. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

int main(int argc, char **argv) {
    static unsigned char frame[2048] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};
    static struct mmsghdr messages[1024];
    struct iovec piece = {.iov_base = frame};
    struct sockaddr_ll address = {.sll_family = AF_PACKET};
    struct timespec next;
    if (argc != 5) return 2;
    address.sll_ifindex = if_nametoindex(argv[1]);
    piece.iov_len = strtoul(argv[2], NULL, 10);
    long count = atol(argv[3]), rate = atol(argv[4]), sent = 0, burst;
    int sock = socket(AF_PACKET, SOCK_RAW, 0);
    if (sock < 0 || bind(sock, (struct sockaddr *)&address, sizeof address)) { perror("socket"); return 1; }
    for (int i = 0; i < 1024; i++) { messages[i].msg_hdr.msg_iov = &piece; messages[i].msg_hdr.msg_iovlen = 1; }
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (long tick = 1; sent < count; tick++) {
        burst = tick * rate / 1000 - sent;  /* what is due by now */
        if (burst > count - sent) burst = count - sent;
        while (burst > 0) {
            int done = sendmmsg(sock, messages, burst > 1024 ? 1024 : burst, 0);
            if (done < 0) { perror("sendmmsg"); return 1; }
            burst -= done;
            sent += done;
        }
        next.tv_nsec += 1000000;
        if (next.tv_nsec >= 1000000000) { next.tv_nsec -= 1000000000; next.tv_sec++; }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
    return 0;
}
