// What a person may have meant by a name there is not.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pixlake {

// "; did you mean 'max_pixels'?" for the name that is nearest to `given` and near enough
// (letters changed, left out, added or swapped; case does not count), else "; there are: …"
// with all of them while they are few, else nothing.
std::string DidYouMean(std::string_view given, std::span<const std::string> names);

}  // namespace pixlake
