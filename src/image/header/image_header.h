// An image's format and shape, from its header: no pixel is decoded.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "image/facts.h"
#include "image/format.h"
#include "image/verdict.h"

namespace pixlake::image {

struct HeaderLimits {
  int64_t max_pixels = int64_t{1} << 29;  // width x height; more is kBomb
};

// A breach of the format that costs no pixel: every reader shows the image whole.
struct Irregularity {
  int64_t offset = -1;  // byte of the file; -1: no one place
  std::string message;
};

// Keeps the first few.
void AddIrregularity(uint64_t offset, std::string message, std::vector<Irregularity>* to);

struct HeaderResult {
  // Set when the header could be read, also beside a verdict (truncated, bomb).
  std::optional<ImageHeader> header;
  Judgement judgement;
  std::vector<Irregularity> irregular = {};  // also beside kOk
};

// Reads the header and checks, without decoding, that the file's structure is
// complete: PNG's chunks up to IEND, JPEG's markers up to the scan and an EOI after it,
// the directories of a TIFF's chain and their strips or tiles within the file, and so on.
// A verdict is about pixels: what hides none of them is `irregular`.
// Time is linear in the headers (JPEG: plus a search for EOI from the end), memory
// constant but for about 50 bytes for each of a TIFF's directories (65,535 at most). `bytes` is the whole
// file and must begin with a magic DetectFormat knows, else kUnsupported. Never throws, never reads outside
// `bytes`.
HeaderResult ReadHeader(std::span<const uint8_t> bytes, const HeaderLimits& limits = {});

}  // namespace pixlake::image
