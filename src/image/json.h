// What of an image is written as JSON by more than the reader of metadata.
#pragma once

#include <string>
#include <string_view>

#include "image/verdict.h"

namespace pixlake::image {

// verdict, message, offset, without braces.
void AppendJudgementMembers(const Judgement& judgement, std::string* out);

// A JSON string with its quotes; what is no UTF-8 becomes U+FFFD.
void AppendJsonString(std::string_view text, std::string* out);

}  // namespace pixlake::image
