/* libpcap's own client: captures rpcap://... until SIGUSR1, then tells what it got and what it cost. */
#include <pcap.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static pcap_t *capture;
static unsigned long packets, bytes;

static void stop(int number) { (void)number; pcap_breakloop(capture); }

static void packet(u_char *user, const struct pcap_pkthdr *header, const u_char *data) {
    (void)user; (void)data;
    packets++;
    bytes += header->caplen;
}

static double cpu(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv) {
    char error[PCAP_ERRBUF_SIZE];
    struct bpf_program everything;
    struct pcap_stat counters;
    struct sigaction action = {.sa_handler = stop};  /* no SA_RESTART: select returns */

    if (argc != 2 || !(capture = pcap_open(argv[1], 262144, 0, 200, NULL, error))) {
        fprintf(stderr, "pcap_open: %s\n", error);
        return 1;
    }
    if (pcap_compile(capture, &everything, "", 1, 0) || pcap_setfilter(capture, &everything)) {
        fprintf(stderr, "filter: %s\n", pcap_geterr(capture));
        return 1;
    }
    sigaction(SIGUSR1, &action, NULL);
    puts("ready");
    fflush(stdout);
    double before = cpu();
    int got = pcap_loop(capture, -1, packet, NULL);
    double used = cpu() - before;
    if (got == PCAP_ERROR) {
        fprintf(stderr, "pcap_loop: %s\n", pcap_geterr(capture));
        return 1;
    }
    if (pcap_stats(capture, &counters)) {
        fprintf(stderr, "pcap_stats: %s\n", pcap_geterr(capture));
        return 1;
    }
    printf("%lu %lu %.6f %u\n", packets, bytes, used, counters.ps_drop + counters.ps_ifdrop);
    return 0;
}
