// A read-only volume whose every read takes a fixed time, as on a network filesystem. It speaks the
// kernel's FUSE protocol itself: no library is needed, and nobody who copies from it can tell.
//   slow-volume <folder> <mount point> <milliseconds>
// Shows the plain files of the folder. Ends, and unmounts, on SIGTERM or when its parent ends.
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

// More than the kernel has under way at once.
enum { THREADS = 64, BUFFER = 256 << 10, FILES = 64, FOR_EVER = 3600 };

static int fuse, folder;
static const char *mount_point;
static struct timespec latency;
// The node number of a file is its place here, plus two: one is the folder itself.
static char names[FILES][256];
static int known;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void reply(uint64_t unique, int error, const void *data, size_t size) {
  struct fuse_out_header head = {sizeof head + size, -error, unique};
  struct iovec parts[] = {{&head, sizeof head}, {(void *)data, size}};
  if (writev(fuse, parts, 2) < 0 && errno != ENOENT) perror("slow-volume");
}

static uint64_t node_of(const char *name) {
  pthread_mutex_lock(&lock);
  int at = 0;
  while (at < known && strcmp(names[at], name) != 0) at++;
  if (at == known && known < FILES) strncpy(names[known++], name, sizeof names[0] - 1);
  pthread_mutex_unlock(&lock);
  return at + 2;
}

static int attributes(const char *name, uint64_t node, struct fuse_attr *to) {
  struct stat is;
  if (fstatat(folder, name, &is, 0) < 0) return errno;
  *to = (struct fuse_attr){.ino = node,
                           .size = is.st_size,
                           .blocks = is.st_blocks,
                           .mtime = is.st_mtim.tv_sec,
                           .mtimensec = is.st_mtim.tv_nsec,
                           .ctime = is.st_ctim.tv_sec,
                           .mode = is.st_mode,
                           .nlink = 1,
                           .uid = is.st_uid,
                           .gid = is.st_gid,
                           .blksize = 4096};
  return 0;
}

static const char *name_of(uint64_t node) { return node == FUSE_ROOT_ID ? "." : names[node - 2]; }

static void look_up(struct fuse_in_header *in, const char *name) {
  uint64_t node = node_of(name);
  struct fuse_entry_out out = {.nodeid = node, .entry_valid = FOR_EVER, .attr_valid = FOR_EVER};
  int error = attributes(name, node, &out.attr);
  reply(in->unique, error, &out, error ? 0 : sizeof out);
}

static void get_attributes(struct fuse_in_header *in) {
  struct fuse_attr_out out = {.attr_valid = FOR_EVER};
  int error = attributes(name_of(in->nodeid), in->nodeid, &out.attr);
  reply(in->unique, error, &out, error ? 0 : sizeof out);
}

// Without FOPEN_KEEP_CACHE the kernel forgets what it had read: every copy is the first one.
static void open_file(struct fuse_in_header *in) {
  int fd = openat(folder, name_of(in->nodeid), O_RDONLY);
  struct fuse_open_out out = {.fh = fd};
  reply(in->unique, fd < 0 ? errno : 0, &out, fd < 0 ? 0 : sizeof out);
}

static void read_file(struct fuse_in_header *in, struct fuse_read_in *what, char *to) {
  nanosleep(&latency, NULL);
  ssize_t size = pread(what->fh, to, what->size < BUFFER ? what->size : BUFFER, what->offset);
  reply(in->unique, size < 0 ? errno : 0, to, size < 0 ? 0 : size);
}

// What the kernel does by default: it reads ahead, 128 KiB in one request.
static void begin(struct fuse_in_header *in, struct fuse_init_in *offer) {
  struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION,
                              .minor = FUSE_KERNEL_MINOR_VERSION,
                              .max_readahead = offer->max_readahead,
                              .flags = FUSE_ASYNC_READ,
                              .max_write = 128 << 10,
                              .time_gran = 1};
  reply(in->unique, 0, &out, sizeof out);
}

static void answer(struct fuse_in_header *in, char *data) {
  void *body = in + 1;
  switch (in->opcode) {
    case FUSE_INIT: return begin(in, body);
    case FUSE_LOOKUP: return look_up(in, body);
    case FUSE_GETATTR: return get_attributes(in);
    case FUSE_OPEN: return open_file(in);
    case FUSE_READ: return read_file(in, body, data);
    case FUSE_RELEASE:
      close(((struct fuse_release_in *)body)->fh);
      return reply(in->unique, 0, NULL, 0);
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT: return; // these have no answer
    default: return reply(in->unique, ENOSYS, NULL, 0);
  }
}

static void *work(void *unused) {
  char *request = malloc(BUFFER), *data = malloc(BUFFER);
  for (;;) {
    if (read(fuse, request, BUFFER) > 0) answer((struct fuse_in_header *)request, data);
    else if (errno == ENODEV) _exit(0); // unmounted
  }
  return unused;
}

static void end(int signal) {
  (void)signal;
  umount2(mount_point, MNT_DETACH);
  _exit(0);
}

int main(int count, char **words) {
  if (count != 4) return fprintf(stderr, "slow-volume <folder> <mount point> <milliseconds>\n"), 2;
  mount_point = words[2];
  latency.tv_nsec = atol(words[3]) * 1000000;
  folder = open(words[1], O_RDONLY | O_DIRECTORY);
  fuse = open("/dev/fuse", O_RDWR);
  char options[100];
  snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=%d,group_id=%d", fuse, getuid(),
           getgid());
  if (folder < 0 || fuse < 0 || mount("slow-volume", mount_point, "fuse", MS_RDONLY, options) < 0)
    return perror("slow-volume"), 1;
  signal(SIGTERM, end);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  for (int number = 1; number < THREADS; number++) {
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
  }
  puts("mounted");
  fflush(stdout);
  work(NULL);
}
