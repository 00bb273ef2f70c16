#include "engine/image_text.h"

#include <arrow/util/base64.h>

#include "image/hash/sha256.h"

namespace pixlake::engine {

std::string ContentId(std::string_view bytes) {
  return image::Sha256Hex(bytes);
}

std::string Base64(std::string_view bytes) {
  return arrow::util::base64_encode(bytes);
}

Status WriteOutputFile(const Engine& engine, const std::string& uri, std::string_view bytes) {
  PL_ASSIGN_OR_RETURN(const io::Location file, engine.Locate(uri));
  return file.store->Put(file.path, bytes);
}

}  // namespace pixlake::engine
