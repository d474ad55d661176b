/* Loaded before libc (LD_PRELOAD): every fsync and fdatasync takes FSYNC_DELAY_US longer; once FSYNC_STALL_FILE exists, the next
   one also takes FSYNC_STALL_US and removes the file. FSYNC_LOG gets a line each: when it began and when it ended, in µs. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long number(const char *name) {
  const char *text = getenv(name);
  return text ? atol(text) : 0;
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return (long long)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static int slowly(const char *which, int descriptor) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, which);
  const char *stall = getenv("FSYNC_STALL_FILE"), *log = getenv("FSYNC_LOG");
  long long began = now();
  long delay = number("FSYNC_DELAY_US");
  if (stall && access(stall, F_OK) == 0 && unlink(stall) == 0) delay += number("FSYNC_STALL_US");
  if (delay > 0) {
    struct timespec wait = {delay / 1000000, (delay % 1000000) * 1000};
    nanosleep(&wait, 0);
  }
  int result = real(descriptor);
  int file = log ? open(log, O_WRONLY | O_APPEND | O_CREAT, 0600) : -1;
  if (file >= 0) {
    char line[80];
    int length = snprintf(line, sizeof line, "%s %lld %lld\n", which, began, now());
    if (write(file, line, length) < 0) result = -1;
    close(file);
  }
  return result;
}

int fsync(int descriptor) { return slowly("fsync", descriptor); }
int fdatasync(int descriptor) { return slowly("fdatasync", descriptor); }
