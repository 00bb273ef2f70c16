// What kind of place an entry of a list names.
#pragma once

#include <string_view>

namespace pixlake::ingest {

// Over HTTP, in an object store or in the URL itself.
bool IsRemote(std::string_view url);

// "a.jpg" of "https://h/b/a.jpg?w=1" and of "b/a.jpg".
std::string_view FileNameOf(std::string_view url);

}  // namespace pixlake::ingest
