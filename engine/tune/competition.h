// Whether other programs take the cores away from this one: what is timed meanwhile means nothing.
#pragma once

#include <sys/resource.h>

namespace pincer {

// From construction on, by how often the kernel took a core from a thread of this process that had
// work to do (getrusage(2), ru_nivcsw). Alone that happens some ten times in a second of computing,
// beside a busy program once in a time slice of a few milliseconds.
class Competition {
 public:
  Competition();
  bool felt() const;

 private:
  rusage start_;
};

}  // namespace pincer
