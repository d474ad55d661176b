// Histograms of times, and what /proc says of the server, this process and the machine.
#include "wsload.h"
#include <dirent.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static u64 H[64 * 64], HL[64 * 64], HS[64 * 64]; // delivery latency, send lag, handshake
u64 hmax[3], hcnt[3]; double hsum[3];

u64 now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return (u64)t.tv_sec * 1000000000ull + t.tv_nsec; }

// ---- log-linear histogram: 64 sub-buckets a power of two, error under 1.6 %
static inline u32 hidx(u64 v) { if (v < 128) return v; int b = 63 - __builtin_clzll(v); return ((b - 6) << 6) + (v >> (b - 6)); }
static u64 hval(u32 i) { if (i < 128) return i; u32 b = (i >> 6) - 1; u64 s = (i & 63) + 64; return (s << b) + ((1ull << b) >> 1); }
void hadd(int k, u64 v) { u64 *h = k == 0 ? H : k == 1 ? HL : HS; h[hidx(v)]++; hcnt[k]++; hsum[k] += v; if (v > hmax[k]) hmax[k] = v; }
double hq(int k, double q) {
  u64 *h = k == 0 ? H : k == 1 ? HL : HS, want = (u64)(q * hcnt[k]), c = 0;
  if (!hcnt[k]) return 0;
  for (u32 i = 0; i < 4096; i++) { c += h[i]; if (c > want) { u64 v = hval(i); return (v > hmax[k] ? hmax[k] : v) / 1e6; } }
  return hmax[k] / 1e6;
}

// ---- /proc
double proc_cpu(void) { // CPU seconds of all --pid: schedstat of every thread (ns), else user+system of stat (10 ms)
  double s = 0;
  for (int i = 0; i < o.npids; i++) {
    char p[320], b[1024]; double t = 0; snprintf(p, sizeof p, "/proc/%d/task", o.pids[i]);
    DIR *d = opendir(p); struct dirent *e;
    while (d && (e = readdir(d))) {
      if (e->d_name[0] == '.') continue;
      snprintf(p, sizeof p, "/proc/%d/task/%s/schedstat", o.pids[i], e->d_name);
      FILE *f = fopen(p, "r"); unsigned long long ns = 0; if (!f) continue;
      if (fscanf(f, "%llu", &ns) == 1) t += ns / 1e9;
      fclose(f);
    }
    if (d) closedir(d);
    if (t > 0) { s += t; continue; }
    snprintf(p, sizeof p, "/proc/%d/stat", o.pids[i]);
    FILE *f = fopen(p, "r"); if (!f) continue;
    size_t n = fread(b, 1, sizeof b - 1, f); fclose(f); b[n] = 0;
    char *q = strrchr(b, ')'); if (!q) continue;
    unsigned long ut = 0, st = 0; sscanf(q + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &ut, &st);
    s += (double)(ut + st) / sysconf(_SC_CLK_TCK);
  }
  return s;
}
long proc_kb(const char *key) {
  long t = 0;
  for (int i = 0; i < o.npids; i++) {
    char p[64], l[256]; snprintf(p, sizeof p, "/proc/%d/status", o.pids[i]);
    FILE *f = fopen(p, "r"); if (!f) continue;
    while (fgets(l, sizeof l, f)) if (!strncmp(l, key, strlen(key))) { t += atol(l + strlen(key) + 1); break; }
    fclose(f);
  }
  return t;
}
double self_cpu(void) { struct rusage r; getrusage(RUSAGE_SELF, &r); return r.ru_utime.tv_sec + r.ru_stime.tv_sec + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6; }
void cpu_line(double v[8]) { // user nice system idle iowait irq softirq steal, seconds, of --cpu (or all)
  memset(v, 0, 8 * sizeof(double));
  FILE *f = fopen("/proc/stat", "r"); char l[512], want[16]; if (!f) return;
  if (o.cpu < 0) strcpy(want, "cpu "); else snprintf(want, sizeof want, "cpu%d ", o.cpu);
  while (fgets(l, sizeof l, f)) if (!strncmp(l, want, strlen(want))) {
    sscanf(l + strlen(want), "%lf %lf %lf %lf %lf %lf %lf %lf", v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 6, v + 7);
    for (int i = 0; i < 8; i++) v[i] /= sysconf(_SC_CLK_TCK);
    break;
  }
  fclose(f);
}
long sock_mem_kb(void) { // kernel TCP buffer memory, whole machine
  FILE *f = fopen("/proc/net/sockstat", "r"); char l[256]; long m = 0; if (!f) return 0;
  while (fgets(l, sizeof l, f)) { char *p; if (!strncmp(l, "TCP:", 4) && (p = strstr(l, " mem "))) m = atol(p + 5) * 4; }
  fclose(f); return m;
}
