// What kind of place an entry of a list names.
#pragma once

#include <string_view>

namespace pixlake::ingest {

// "s3" of "s3://b/k", "file" of "file:/p"; empty: a path.
std::string_view SchemeOf(std::string_view url);

// Over HTTP or in an object store.
bool IsRemote(std::string_view url);

// "a.jpg" of "https://h/b/a.jpg?w=1" and of "b/a.jpg".
std::string_view FileNameOf(std::string_view url);

}  // namespace pixlake::ingest
