// The command line, and the templates that it may hold.
#include "wsload.h"
#include <getopt.h>
#include <stdarg.h>

struct options o = {.host = "127.0.0.1", .path = "/", .msg = "{\"text\":\"%T\"}", .label = "", .mode = "rate", .n = 100, .rooms = 1,
       .senders = 10, .window = 4, .size = 100, .inflight = 128, .self = 1, .cpu = -1, .rate = 50, .warmup = 1, .duration = 5,
       .drain = 3, .settle = 3, .conntimeout = 60, .resume = 2, .stalltime = 1, .srcper = 20000};

void die(const char *f, ...) { va_list a; va_start(a, f); fprintf(stderr, "wsload: "); vfprintf(stderr, f, a); fputc('\n', stderr); exit(2); }

// ---- templates: %d connection, %r room, %q sequence, %n raw ns stamp, %t marker @T<ns>@, %T marker plus filler to --size bytes
static const char FILL[] = " so the train was late again and nobody told us, but the coffee there is good; see you around noon? "
  "I pushed the fix, please have a look when you can and tell me if the numbers still look odd to you. "
  "By the way the photos from Saturday are up, the one with the dog made everyone laugh out loud. ";
size_t tpl(char *out, size_t cap, const char *t, u32 c, u32 room, u64 seq, u64 stamp) {
  size_t k = 0;
  for (; *t && k + 64 < cap; t++) {
    if (*t != '%' || !t[1]) { out[k++] = *t; continue; }
    switch (*++t) {
      case 'd': k += sprintf(out + k, "%u", c); break;
      case 'r': k += sprintf(out + k, "%u", room); break;
      case 'q': k += sprintf(out + k, "%llu", (unsigned long long)seq); break;
      case 'n': k += sprintf(out + k, "%llu", (unsigned long long)stamp); break;
      case 't': k += sprintf(out + k, "@T%llu@", (unsigned long long)stamp); break;
      case 'T': { size_t s = k; k += sprintf(out + k, "@T%llu@", (unsigned long long)stamp);
        for (size_t j = seq * 17; k - s < (size_t)o.size && k + 64 < cap; j++) out[k++] = FILL[j % (sizeof FILL - 1)]; break; }
      case '%': out[k++] = '%'; break;
      default: out[k++] = '%'; out[k++] = *t;
    }
  }
  out[k] = 0; return k;
}

// one header a line; connection i sends line i (its own session cookie, say)
char **header_lines;
size_t nheader_lines;
static void load_header_lines(const char *path) {
  FILE *f = fopen(path, "r"); if (!f) { perror(path); exit(2); }
  char *line = NULL; size_t cap = 0; ssize_t len;
  while ((len = getline(&line, &cap, f)) >= 0) {
    while (len && (line[len - 1] == '\n' || line[len - 1] == '\r')) line[--len] = 0;
    if (len > 2000) { fprintf(stderr, "%s: a line is too long\n", path); exit(2); }
    if (!len) continue;
    header_lines = realloc(header_lines, (nheader_lines + 1) * sizeof *header_lines);
    header_lines[nheader_lines++] = strdup(line);
  }
  fclose(f);
}

static void usage(void) {
  fprintf(stderr,
    "wsload --port P [options]      (loopback only)\n"
    " connections  --n N  --path TPL  --header 'K: V' (repeat)  --header-file F (line i for connection i)  --hello TPL (repeat)  --ready TEXT  --eio (socket.io framing)\n"
    "              --rooms R  --conn-rate R/s (0 = as fast as possible)  --inflight 128  --deflate  --rcvbuf BYTES  --spread\n"
    " load         --mode rate|sat|idle  --rate MSG/s (all senders)  --senders M  --window W (sat: unfinished messages a sender)\n"
    "              --msg TPL  --size BYTES  --no-self (server does not echo to the sender)\n"
    " times (s)    --warmup 1 --duration 5 --drain 3 --settle 3 --idle 0 --conn-timeout 60\n"
    " slow reader  --stall K (the last K connections stop reading during the run)  --resume 2\n"
    " server       --pid P[,P]  --cpu K (CPU whose busy/steal share is reported)   output --label S --json-only\n"
    " templates    %%d connection  %%r room (= connection mod rooms)  %%q sequence  %%n ns stamp  %%t @T<ns>@  %%T marker + text to --size  %%%% percent\n");
  exit(2);
}

void read_options(int argc, char **argv) {
  enum { A = 256, OPT_PORT, OPT_PATH, OPT_HDR, OPT_HELLO, OPT_READY, OPT_EIO, OPT_ROOMS, OPT_CR, OPT_INFL, OPT_DEFL, OPT_RCVB, OPT_SPREAD, OPT_MODE, OPT_RATE, OPT_SEND, OPT_WIN, OPT_MSG, OPT_SIZE, OPT_NOSELF, OPT_WARM, OPT_DUR, OPT_DRAIN, OPT_SETTLE, OPT_IDLE, OPT_CT, OPT_STALL, OPT_RES, OPT_PID, OPT_CPU, OPT_LABEL, OPT_N, OPT_HOST, OPT_JSON, OPT_HELP, OPT_HDRF };
  static struct option L[] = {{"port", 1, 0, OPT_PORT}, {"path", 1, 0, OPT_PATH}, {"header", 1, 0, OPT_HDR}, {"header-file", 1, 0, OPT_HDRF}, {"hello", 1, 0, OPT_HELLO}, {"ready", 1, 0, OPT_READY}, {"eio", 0, 0, OPT_EIO}, {"rooms", 1, 0, OPT_ROOMS}, {"conn-rate", 1, 0, OPT_CR}, {"inflight", 1, 0, OPT_INFL}, {"deflate", 0, 0, OPT_DEFL}, {"rcvbuf", 1, 0, OPT_RCVB}, {"spread", 0, 0, OPT_SPREAD}, {"mode", 1, 0, OPT_MODE}, {"rate", 1, 0, OPT_RATE}, {"senders", 1, 0, OPT_SEND}, {"window", 1, 0, OPT_WIN}, {"msg", 1, 0, OPT_MSG}, {"size", 1, 0, OPT_SIZE}, {"no-self", 0, 0, OPT_NOSELF}, {"warmup", 1, 0, OPT_WARM}, {"duration", 1, 0, OPT_DUR}, {"drain", 1, 0, OPT_DRAIN}, {"settle", 1, 0, OPT_SETTLE}, {"idle", 1, 0, OPT_IDLE}, {"conn-timeout", 1, 0, OPT_CT}, {"stall", 1, 0, OPT_STALL}, {"resume", 1, 0, OPT_RES}, {"pid", 1, 0, OPT_PID}, {"cpu", 1, 0, OPT_CPU}, {"label", 1, 0, OPT_LABEL}, {"n", 1, 0, OPT_N}, {"host", 1, 0, OPT_HOST}, {"json-only", 0, 0, OPT_JSON}, {"help", 0, 0, OPT_HELP}, {0}};
  int x;
  while ((x = getopt_long(argc, argv, "h", L, 0)) != -1) switch (x) {
    case OPT_PORT: o.port = atoi(optarg); break; case OPT_HOST: o.host = optarg; break; case OPT_PATH: o.path = optarg; break;
    case OPT_HDRF: load_header_lines(optarg); break; case OPT_HDR: if (o.nheaders < 16) o.headers[o.nheaders++] = optarg; break; case OPT_HELLO: if (o.nhello < 8) o.hello[o.nhello++] = optarg; break;
    case OPT_READY: o.ready = optarg; break; case OPT_EIO: o.eio = 1; break; case OPT_ROOMS: o.rooms = atoi(optarg); break;
    case OPT_CR: o.connrate = atof(optarg); break; case OPT_INFL: o.inflight = atoi(optarg); break; case OPT_DEFL: o.deflate = 1; break;
    case OPT_RCVB: o.rcvbuf = atoi(optarg); break; case OPT_SPREAD: o.spread = 1; break; case OPT_MODE: o.mode = optarg; break;
    case OPT_RATE: o.rate = atof(optarg); break; case OPT_SEND: o.senders = atoi(optarg); break; case OPT_WIN: o.window = atoi(optarg); break;
    case OPT_MSG: o.msg = optarg; break; case OPT_SIZE: o.size = atoi(optarg); break; case OPT_NOSELF: o.self = 0; break;
    case OPT_WARM: o.warmup = atof(optarg); break; case OPT_DUR: o.duration = atof(optarg); break; case OPT_DRAIN: o.drain = atof(optarg); break;
    case OPT_SETTLE: o.settle = atof(optarg); break; case OPT_IDLE: o.idle = atof(optarg); break; case OPT_CT: o.conntimeout = atof(optarg); break;
    case OPT_STALL: o.stall = atoi(optarg); break; case OPT_RES: o.resume = atof(optarg); break; case OPT_CPU: o.cpu = atoi(optarg); break;
    case OPT_LABEL: o.label = optarg; break; case OPT_N: o.n = atoi(optarg); break; case OPT_JSON: o.json_only = 1; break;
    case OPT_PID: for (char *p = strtok(optarg, ","); p && o.npids < 16; p = strtok(0, ",")) o.pids[o.npids++] = atoi(p); break;
    default: usage();
  }
  if (!o.port || o.n < 1 || o.rooms < 1 || strncmp(o.host, "127.", 4)) usage();
  if (strcmp(o.mode, "sat") && strcmp(o.mode, "idle") && strcmp(o.mode, "rate")) usage();
  if (o.senders > o.n - o.stall) o.senders = o.n - o.stall;
  if (o.senders < 1 || o.stall < 0) usage();
}
