// What the parts of wsload share: options.c reads the command line, measure.c measures, wsload.c does the rest.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t u64;
typedef uint32_t u32;

// ---- options.c
extern struct options {
  const char *host, *path, *hello[8], *ready, *msg, *label, *mode, *headers[16];
  int port, n, rooms, senders, window, size, inflight, nhello, nheaders, eio, stall, rcvbuf, self, deflate, cpu, spread, json_only, srcper;
  double rate, connrate, warmup, duration, drain, settle, idle, resume, conntimeout, stalltime;
  int pids[16], npids;
} o;
extern char **header_lines; // --header-file: connection i sends line i
extern size_t nheader_lines;
void read_options(int argc, char **argv); // ends the process if they make no sense
size_t tpl(char *out, size_t cap, const char *t, u32 c, u32 room, u64 seq, u64 stamp);
void die(const char *f, ...);

// ---- measure.c
u64 now(void); // ns, never goes back
enum { LATENCY, SEND_LAG, HANDSHAKE };
extern u64 hmax[3], hcnt[3];
extern double hsum[3];
void hadd(int k, u64 ns);
double hq(int k, double q); // the q-quantile in ms
double proc_cpu(void);
long proc_kb(const char *key);
double self_cpu(void);
void cpu_line(double v[8]);
long sock_mem_kb(void);
