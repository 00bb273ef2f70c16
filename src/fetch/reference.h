// Where bytes are, as lists, tables and people name it.
#pragma once

#include <string_view>

namespace pixlake::fetch {

// What a batch of references has: `uri` (utf8: a path, file://, data:, http(s)://, s3://, gs://,
// hdfs://), and, where only a part is meant, `offset` and `length` (int64, bytes; null: from the
// beginning, to the end).
inline constexpr char kUriColumn[] = "uri";
inline constexpr char kOffsetColumn[] = "offset";
inline constexpr char kLengthColumn[] = "length";

// Over HTTP, in an object store or in the URL itself.
bool IsRemote(std::string_view url);

// "a.jpg" of "https://h/b/a.jpg?w=1" and of "b/a.jpg".
std::string_view FileNameOf(std::string_view url);

}  // namespace pixlake::fetch
