#include "engine/output/image_text.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <arrow/util/base64.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/uuid.h"
#include "engine/output/descriptor_output.h"
#include "engine/output/output_name.h"
#include "image/hash/sha256.h"

namespace pixlake::engine {

std::string ContentId(std::string_view bytes) {
  return image::Sha256Hex(bytes);
}

std::string Base64(std::string_view bytes) {
  return arrow::util::base64_encode(bytes);
}

Result<OutputTarget> ResolveOutput(const Session& session, const std::string& uri) {
  PL_ASSIGN_OR_RETURN(const io::Location location, session.Locate(uri));
  OutputTarget target;
  target.path = location.path;
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(location.path.c_str(), nullptr), std::free);
  if (real != nullptr) target.path = real.get();
  struct stat info {};
  if (::stat(target.path.c_str(), &info) != 0) return target;
  if (S_ISDIR(info.st_mode)) return Error(ErrorCode::kUsage, "writing " + target.path + ": it is a folder");
  target.direct = !S_ISREG(info.st_mode);
  target.mode = static_cast<int>(info.st_mode & 07777);
  return target;
}

Status ReplaceOutput(const std::string& fresh, const OutputTarget& target) {
  const bool kept = target.mode < 0 || ::chmod(fresh.c_str(), static_cast<mode_t>(target.mode)) == 0;
  if (kept && ::rename(fresh.c_str(), target.path.c_str()) == 0) return Status::OK();
  const Status status = ErrnoError(errno, "writing", target.path);
  ::unlink(fresh.c_str());
  return status;
}

Status WriteOutputFile(const Session& session, const std::string& uri, std::string_view bytes) {
  const StopScope scope = session.Enter();
  if (IsStandardOutput(uri)) {
    PL_ASSIGN_OR_RETURN(Output* const out, session.output());
    return out->Write(bytes);
  }
  PL_ASSIGN_OR_RETURN(const OutputTarget target, ResolveOutput(session, uri));
  if (target.direct) {
    PL_ASSIGN_OR_RETURN(const auto out, DescriptorOutput::Open(target.path));
    PL_RETURN_NOT_OK(out->Write(bytes.data(), static_cast<int64_t>(bytes.size())));
    return out->Close();
  }
  PL_ASSIGN_OR_RETURN(const io::Location place, session.Locate(target.path));
  const std::string fresh = target.path + "." + NewUuid();
  PL_RETURN_NOT_OK(place.store->PutIfAbsent(fresh, bytes));
  return ReplaceOutput(fresh, target);
}

}  // namespace pixlake::engine
