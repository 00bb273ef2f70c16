// What is known of a file before it is read: uri, etag, name.
#pragma once

#include <string>
#include <string_view>

#include <sys/stat.h>

#include "base/result.h"
#include "ingest/source/source.h"

namespace pixlake::ingest {

// Appends as io::PercentEncodePath writes it, without its cost for plain names.
void AppendEncoded(std::string_view bytes, std::string* uri);

// "file://" and the encoded absolute path.
std::string FileUri(std::string_view path);

// "<size>-<mtime_ns>" in lower-case hex.
std::string FileEtag(const struct stat& status);
int64_t MtimeNs(const struct stat& status);

// "is a FIFO, not a file"; for what is neither a file nor a folder.
std::string NotAFile(mode_t mode);

std::string_view LastComponent(std::string_view path);

// A folder's or member's folder's name as a label: as it is if UTF-8, else
// percent-encoded. `path` of a file, absolute or not; nullopt when it names no folder.
std::optional<std::string> FolderLabel(std::string_view path);

bool IsUtf8(std::string_view text);

// Sets what a file's status says.
void SetStatus(const struct stat& status, SourceItem* item);

}  // namespace pixlake::ingest
