// Everything that is asked of one image's bytes, in one call.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "image/decode/decode.h"
#include "image/facts.h"

namespace pixlake::image {

// How much of an image is looked at before it is called sound.
enum class CheckLevel {
  kHeader,  // headers and the structure of the file (ReadHeader)
  kFull,    // every pixel of every frame (DecodePixels)
};

// "header", "full"; nullopt for anything else.
std::optional<CheckLevel> CheckLevelFromName(std::string_view name);

struct Question {
  CheckLevel check = CheckLevel::kHeader;
  bool describe = false;  // metadata too
  DecodeBudget budget;    // its pixels bound the header as well
  std::string filename;   // for notes; may be empty
  // The end of the bytes was not had and is not what the file has: a note says so.
  bool end_not_read = false;
};

// Judges and describes the bytes of one whole file. A sound image that takes more
// memory to decode than it may is kBomb. Never throws, never fails.
Answer Examine(std::span<const uint8_t> bytes, const Question& question);

}  // namespace pixlake::image
