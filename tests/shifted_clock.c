/* Loaded before libc (LD_PRELOAD), it moves the system's clock for one program and its children: by
 * the nanoseconds in the file that SHIFTED_CLOCK names, from the moment on in which they are written
 * there. Clocks that never jump are left alone, as by whoever sets the clock of a machine. Waiting
 * until a time of the moved clock is translated back for the kernel, whose clock has not moved. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t nanoseconds = 1000000000;
static int (*real_clock)(clockid_t, struct timespec *);
static volatile const int64_t *shift;

__attribute__((constructor)) static void map_shift(void) {
  const char *path = getenv("SHIFTED_CLOCK");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *mapped = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (mapped != MAP_FAILED) shift = mapped;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  if (!real_clock) real_clock = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int result = real_clock(clock, now);
  if (result == 0 && shift && clock == CLOCK_REALTIME) {
    int64_t time = now->tv_sec * nanoseconds + now->tv_nsec + *shift;
    now->tv_sec = time / nanoseconds;
    now->tv_nsec = time % nanoseconds;
  }
  return result;
}

/* Boost, and with it DDS, reckons the deadlines of locks in shared memory from this one. */
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  (void)zone;
  struct timespec time;
  int result = clock_gettime(CLOCK_REALTIME, &time);
  now->tv_sec = time.tv_sec;
  now->tv_usec = time.tv_nsec / 1000;
  return result;
}

/* Times since boot are far below this [s]; deadlines on the system's clock are above. */
static const time_t since_2001 = 1000000000;

static struct timespec unshifted(const struct timespec *deadline) {
  if (!shift || deadline->tv_sec < since_2001) return *deadline;
  int64_t time = deadline->tv_sec * nanoseconds + deadline->tv_nsec - *shift;
  return (struct timespec){time / nanoseconds, time % nanoseconds};
}

/* Each takes a deadline and calls libc with that of the clock that has not moved. */
#define WAIT(name, parameters, arguments)                                    \
  int name parameters {                                                      \
    static int(*wait) parameters;                                            \
    if (!wait) wait = (int(*) parameters)dlsym(RTLD_NEXT, #name);            \
    struct timespec real = unshifted(deadline);                              \
    return wait arguments;                                                   \
  }

WAIT(pthread_cond_timedwait,
     (pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *deadline),
     (condition, mutex, &real))
WAIT(pthread_mutex_timedlock, (pthread_mutex_t *mutex, const struct timespec *deadline),
     (mutex, &real))
WAIT(sem_timedwait, (sem_t *semaphore, const struct timespec *deadline), (semaphore, &real))
