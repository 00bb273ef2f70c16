// Characters as UTF-8.
#pragma once

#include <cstdint>
#include <string>

namespace pixlake {

// A code point above 0x10FFFF and surrogates are written as U+FFFD.
void AppendUtf8(uint32_t code_point, std::string* out);

// The character of a byte of Windows-1252 (WHATWG Encoding): its five holes are C1 controls, as
// every other byte is its own number.
uint32_t Windows1252(uint8_t byte);

}  // namespace pixlake
