#include "ingest/mnist_source.h"

#include <cstdlib>
#include <map>
#include <span>
#include <sstream>
#include <utility>
#include <vector>

#include <arrow/io/interfaces.h>
#include <fmt/format.h>

#include "image/hash/sha256.h"
#include "io/http_download.h"
#include "io/uri_scheme.h"

namespace pixlake::ingest {
namespace {

struct KnownFile {
  const char* name;
  const char* md5;  // as published with MNIST, of the .gz file
};

constexpr std::array<KnownFile, 4> kFiles = {{
    {"train-images-idx3-ubyte", "f68b3c2dcbeaaa9fbdd348bbdeb94873"},
    {"train-labels-idx1-ubyte", "d53e105ee54ea40749a09fcbcd1e9432"},
    {"t10k-images-idx3-ubyte", "9fb629c4189551a2d022fa330f9573f3"},
    {"t10k-labels-idx1-ubyte", "ec29112dd5afa0611ce80d1b7f02629c"},
}};
constexpr int64_t kMostFileBytes = int64_t{1} << 30;

std::string DefaultCache() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/') {
    return std::string(cache) + "/pixlake/mnist";
  }
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : "/tmp") + "/.cache/pixlake/mnist";
}

bool IsUrl(const std::string& source) {
  return io::SchemeOf(source) == "http" || io::SchemeOf(source) == "https";
}

// "train-images-idx3-ubyte" -> "train-images.idx3-ubyte", which some copies have.
std::string DottedName(std::string name) {
  name[name.rfind("-idx")] = '.';
  return name;
}

Result<io::Location> FindInFolder(const io::Location& folder, const std::string& name, bool* found) {
  for (const std::string& candidate : {name + ".gz", name, DottedName(name) + ".gz", DottedName(name)}) {
    io::Location file{folder.store, folder.Child(candidate)};
    PL_ASSIGN_OR_RETURN(*found, folder.store->Exists(file.path));
    if (*found) return file;
  }
  return io::Location{};
}

Result<std::array<io::Location, 4>> FindLocally(const std::string& source) {
  PL_ASSIGN_OR_RETURN(const io::Location folder, io::Locate(source));
  std::array<io::Location, 4> files;
  std::string missing;
  for (size_t i = 0; i < kFiles.size(); ++i) {
    bool found = false;
    PL_ASSIGN_OR_RETURN(files[i], FindInFolder(folder, kFiles[i].name, &found));
    if (!found) missing += fmt::format("{}{}[.gz]", missing.empty() ? "" : ", ", kFiles[i].name);
  }
  if (!missing.empty()) {
    return Error(ErrorCode::kNotFound, fmt::format("{} does not hold {}", folder.path, missing));
  }
  return files;
}

using Checksums = std::map<std::string, std::string>;  // file name -> hex digest

Result<Checksums> LoadChecksums(const std::string& option) {
  Checksums checksums;
  if (option == "none") return checksums;
  if (option.empty()) {
    for (const KnownFile& file : kFiles) checksums[std::string(file.name) + ".gz"] = file.md5;
    return checksums;
  }
  PL_ASSIGN_OR_RETURN(const io::Location file, io::Locate(option));
  PL_ASSIGN_OR_RETURN(const std::string text, file.store->ReadAll(file.path, 1 << 20));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string digest, name;
    if (!(words >> digest >> name)) continue;
    if (name.front() == '*') name.erase(0, 1);  // md5sum's mark for binary mode
    const bool hex = digest.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
    if (!hex || (digest.size() != 32 && digest.size() != 64)) {
      return Error(ErrorCode::kUsage,
                   fmt::format("{}: '{}' is neither an MD5 nor a SHA-256", file.path, digest));
    }
    for (char& c : digest) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    checksums[name.substr(name.rfind('/') + 1)] = digest;
  }
  return checksums;
}

struct Digests {
  std::string md5;
  std::string sha256;
};

// Both digests of a file in one pass, a piece at a time.
Result<Digests> DigestFile(const io::Location& file) {
  PL_ASSIGN_OR_RETURN(const auto input, file.store->OpenInput(file.path));
  image::DigestStream md5(image::DigestStream::Algorithm::kMd5);
  image::DigestStream sha256(image::DigestStream::Algorithm::kSha256);
  std::vector<uint8_t> piece(256 << 10);
  for (int64_t position = 0;;) {
    PL_ASSIGN_OR_RETURN(const int64_t got,
                        input->ReadAt(position, static_cast<int64_t>(piece.size()), piece.data()));
    if (got == 0) break;
    const std::span<const uint8_t> bytes(piece.data(), static_cast<size_t>(got));
    md5.Update(bytes);
    sha256.Update(bytes);
    position += got;
  }
  return Digests{md5.Finish(), sha256.Finish()};
}

Status VerifyChecksum(const io::Location& file, const std::string& name, const std::string& expected) {
  PL_ASSIGN_OR_RETURN(const Digests digests, DigestFile(file));
  const std::string& found = expected.size() == 64 ? digests.sha256 : digests.md5;
  if (found == expected) return Status::OK();
  return Error(ErrorCode::kChecksum,
               fmt::format("{}: its checksum is {}, expected {}", name, found, expected));
}

// Downloads one file into the cache unless a good copy is there.
Result<io::Location> Fetch(const MnistSourceOptions& options, const std::string& mirror,
                           const std::string& cache, const Checksums& checksums, const std::string& name) {
  PL_ASSIGN_OR_RETURN(io::Location file, io::Locate(io::JoinPath(cache, name)));
  const auto expected = checksums.find(name);
  if (options.checksums != "none" && expected == checksums.end()) {
    return Error(ErrorCode::kUsage, fmt::format("{} has no line for {}", options.checksums, name));
  }
  const auto verify = [&]() -> Status {
    if (expected == checksums.end()) return Status::OK();
    return VerifyChecksum(file, name, expected->second);
  };
  PL_ASSIGN_OR_RETURN(const bool cached, file.store->Exists(file.path));
  if (cached && verify().ok()) return file;
  if (cached) PL_RETURN_NOT_OK(file.store->Delete(file.path));
  if (options.on_download) options.on_download(name);
  io::DownloadOptions download;
  download.max_bytes = kMostFileBytes;
  download.on_bytes = options.on_bytes;
  const std::string url = mirror + "/" + name;
  PL_RETURN_NOT_OK(io::DownloadFile(url, file.path, download));
  if (const Status status = verify(); !status.ok()) {
    (void)file.store->Delete(file.path);
    return WithContext(status, "downloaded from " + io::RedactUrl(url));
  }
  return file;
}

// The id, and whether these are the published files.
Status Identify(const std::array<io::Location, 4>& files, MnistFiles* found) {
  std::string digests;
  found->published = true;
  for (size_t i = 0; i < files.size(); ++i) {
    PL_ASSIGN_OR_RETURN(const Digests file, DigestFile(files[i]));
    digests += file.sha256;
    found->published = found->published && file.md5 == kFiles[i].md5;
  }
  found->id = image::Sha256Hex(digests);
  return Status::OK();
}

}  // namespace

Result<MnistFiles> FindMnist(const MnistSourceOptions& options) {
  MnistFiles found;
  std::array<io::Location, 4> files;
  if (options.source.empty() || IsUrl(options.source)) {
    std::string mirror = options.source.empty() ? kDefaultMnistMirror : options.source;
    while (!mirror.empty() && mirror.back() == '/') mirror.pop_back();
    std::string cache = options.cache.empty() ? DefaultCache() : options.cache;
    // Other data sets have the same four names: without checksums to tell them apart,
    // each mirror has a folder of its own.
    if (options.checksums == "none") cache += "/" + image::Sha256Hex(mirror).substr(0, 16);
    PL_ASSIGN_OR_RETURN(const Checksums checksums, LoadChecksums(options.checksums));
    MnistSourceOptions counting = options;
    counting.on_bytes = [&](int64_t bytes) {
      found.downloaded_bytes += bytes;
      if (options.on_bytes) options.on_bytes(bytes);
    };
    for (size_t i = 0; i < kFiles.size(); ++i) {
      PL_ASSIGN_OR_RETURN(files[i],
                          Fetch(counting, mirror, cache, checksums, std::string(kFiles[i].name) + ".gz"));
    }
  } else {
    PL_ASSIGN_OR_RETURN(files, FindLocally(options.source));
  }
  PL_RETURN_NOT_OK(Identify(files, &found));
  found.parts[0] = {"train", files[0], files[1]};
  found.parts[1] = {"test", files[2], files[3]};
  return found;
}

}  // namespace pixlake::ingest
