// Making durable what another writer left visible.
#pragma once

#include <string>

#include "base/result.h"
#include "io/store.h"

namespace pixlake::io {

// What a store is as well in which something can be seen that the next power cut takes away:
// its writer was killed before it could sync, or the sync failed. So is one that wraps such a
// store. In all others what is seen is durable.
class SettlingStore {
 public:
  virtual ~SettlingStore() = default;
  // Of a file its bytes and its name, of a folder all the names in it. kNotFound when it is gone.
  virtual Status Settle(const std::string& path) = 0;
};

// For who is about to say "done", or to delete something, because of what stands there.
Status Settle(Store* store, const std::string& path);

}  // namespace pixlake::io
