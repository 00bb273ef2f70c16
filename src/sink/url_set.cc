#include "sink/url_set.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace pixlake::sink {

UrlKey KeyOf(std::string_view url) {
  const XXH128_hash_t hash = XXH3_128bits(url.data(), url.size());
  return {hash.low64, hash.high64};
}

}  // namespace pixlake::sink
