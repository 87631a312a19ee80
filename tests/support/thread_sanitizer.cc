// SPDX-License-Identifier: Apache-2.0
// What a program needs to run under ThreadSanitizer with libraries that are not compiled for it.
//
// The sanitizer of GCC 12 does not know the threads of C11, which librdkafka is built on: the first
// call from one of them ends the program. This file puts POSIX threads, which it knows, in their
// place. The types of both are the same in glibc.

#include <pthread.h>
#include <threads.h>

#include <cerrno>
#include <cstdint>
#include <ctime>
#include <memory>

namespace {

struct Start {
  thrd_start_t function;
  void* argument;
};

void* run(void* given) {
  const std::unique_ptr<Start> start(static_cast<Start*>(given));
  const std::intptr_t result = start->function(start->argument);
  return reinterpret_cast<void*>(result);
}

int outcome(int error) { return error == 0 ? thrd_success : thrd_error; }
pthread_mutex_t* posix(mtx_t* mutex) { return reinterpret_cast<pthread_mutex_t*>(mutex); }
pthread_cond_t* posix(cnd_t* condition) { return reinterpret_cast<pthread_cond_t*>(condition); }

static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t));
static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t));

}  // namespace

extern "C" {

// Both libraries hand memory from thread to thread by atomics that the sanitizer does not see. What
// they call in the C library is ignored, what our own code does in their callbacks is not.
const char* __tsan_default_suppressions() {
  return "race:librdkafka.so\n"
         "race:librocksdb.so\n"
         "called_from_lib:librocksdb.so\n"
         // What RocksDB does by functions of the standard library: the stack ends there, so that
         // its own name is not in it.
         "called_from_lib:libstdc++.so\n";
}

int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
  auto start = std::make_unique<Start>(Start{function, argument});
  return outcome(pthread_create(thread, nullptr, run, start.release()));
}

int thrd_join(thrd_t thread, int* result) {
  void* returned = nullptr;
  const int error = pthread_join(thread, &returned);
  if (result != nullptr) *result = static_cast<int>(reinterpret_cast<std::intptr_t>(returned));
  return outcome(error);
}

int mtx_init(mtx_t* mutex, int type) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  const bool recursive = (type & mtx_recursive) != 0;
  pthread_mutexattr_settype(&attributes,
                            recursive ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
  const int error = pthread_mutex_init(posix(mutex), &attributes);
  pthread_mutexattr_destroy(&attributes);
  return outcome(error);
}

int mtx_lock(mtx_t* mutex) { return outcome(pthread_mutex_lock(posix(mutex))); }
int mtx_unlock(mtx_t* mutex) { return outcome(pthread_mutex_unlock(posix(mutex))); }
void mtx_destroy(mtx_t* mutex) { pthread_mutex_destroy(posix(mutex)); }

int cnd_init(cnd_t* condition) { return outcome(pthread_cond_init(posix(condition), nullptr)); }
int cnd_signal(cnd_t* condition) { return outcome(pthread_cond_signal(posix(condition))); }
int cnd_broadcast(cnd_t* condition) { return outcome(pthread_cond_broadcast(posix(condition))); }
void cnd_destroy(cnd_t* condition) { pthread_cond_destroy(posix(condition)); }
int cnd_wait(cnd_t* condition, mtx_t* mutex) {
  return outcome(pthread_cond_wait(posix(condition), posix(mutex)));
}
int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
  const int error = pthread_cond_timedwait(posix(condition), posix(mutex), until);
  return error == ETIMEDOUT ? thrd_timedout : outcome(error);
}

}  // extern "C"
