#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "image/header/header_internal.h"

namespace pixlake::image {

using namespace std::string_view_literals;

namespace {

bool StartsWith(const HostileBytes& bytes, std::string_view magic, uint64_t offset = 0) {
  return bytes.Has(offset, magic.size()) &&
         std::memcmp(bytes.data() + offset, magic.data(), magic.size()) == 0;
}

// Two letters are a word's beginning too, so the information header's size, which
// follows the 14 bytes of the file header, has to be one that there is.
bool IsBmp(const HostileBytes& bytes) {
  if (!StartsWith(bytes, "BM") || !bytes.Has(14, 4)) return false;
  const uint32_t size = bytes.Little32(14);
  return size == 12 || (size >= 16 && size <= 64) || size == 108 || size == 124;
}

// ISO/IEC 23008-12, annexes B to M, and what mp4ra.org registers beside them: brands of files of
// images; the first ones say AVIF.
constexpr auto kAvifBrands = std::to_array<std::string_view>({"avif"sv, "avis"sv, "avio"sv});
constexpr auto kHeifBrands = std::to_array<std::string_view>(
    {"mif1"sv, "mif2"sv, "mif3"sv, "msf1"sv, "miaf"sv, "heic"sv, "heix"sv, "heim"sv, "heis"sv,
     "hevc"sv, "hevx"sv, "hevm"sv, "hevs"sv, "avci"sv, "avcs"sv, "vvic"sv, "vvis"sv, "evbi"sv,
     "evbs"sv, "evmi"sv, "evms"sv, "jpeg"sv, "jpgs"sv, "j2ki"sv, "j2is"sv, "unif"sv, "1pic"sv});

// ISO/IEC 14496-12, 4.3 "ftyp": a major brand, and those it is compatible with. "mif1" alone
// says that there are images, and a brand beside it of which kind. Behind "mif3" that brand
// stands in place of the minor version (23008-12:2025).
std::optional<ImageFormat> HeifFormat(const HostileBytes& bytes) {
  if (!StartsWith(bytes, "ftyp", 4) || !bytes.Has(0, 16)) return std::nullopt;
  const uint64_t end = std::min<uint64_t>({bytes.Big32(0), bytes.size(), 256});
  bool heif = false;
  const uint64_t second = StartsWith(bytes, "mif3", 8) ? 4 : 8;
  for (uint64_t at = 8; at + 4 <= end; at += at == 8 ? second : 4) {
    for (const std::string_view brand : kAvifBrands) {
      if (StartsWith(bytes, brand, at)) return ImageFormat::kAvif;
    }
    for (const std::string_view brand : kHeifBrands) heif = heif || StartsWith(bytes, brand, at);
  }
  return heif ? std::optional(ImageFormat::kHeif) : std::nullopt;
}

std::string LowerExtension(std::string_view filename) {
  const size_t name = filename.find_last_of("/\\");
  if (name != std::string_view::npos) filename.remove_prefix(name + 1);
  const size_t dot = filename.rfind('.');
  if (dot == std::string_view::npos) return {};
  std::string extension(filename.substr(dot + 1));
  for (char& letter : extension) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return extension;
}

using NamedType = std::pair<std::string_view, std::string_view>;

// Registered with IANA, or in the shared MIME database of freedesktop.org.
constexpr auto kTypesByExtension = std::to_array<NamedType>({
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"jpe", "image/jpeg"},
    {"jfif", "image/jpeg"},
    {"jif", "image/jpeg"},
    {"mpo", "image/jpeg"},
    {"png", "image/png"},
    {"apng", "image/png"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"gif", "image/gif"},
    {"bmp", "image/bmp"},
    {"dib", "image/bmp"},
    {"webp", "image/webp"},
    {"heic", "image/heic"},
    {"heics", "image/heic-sequence"},
    {"heif", "image/heif"},
    {"heifs", "image/heif-sequence"},
    {"hif", "image/heif"},
    {"avif", "image/avif"},
    {"avifs", "image/avif"},
    {"jp2", "image/jp2"},
    {"j2k", "image/jp2"},
    {"jxl", "image/jxl"},
    {"ico", "image/x-icon"},
    {"psd", "image/vnd.adobe.photoshop"},
    {"svg", "image/svg+xml"},
    {"ppm", "image/x-portable-pixmap"},
    {"pgm", "image/x-portable-graymap"},
    {"pbm", "image/x-portable-bitmap"},
    {"tga", "image/x-tga"},
    {"dng", "image/x-adobe-dng"},
    {"cr2", "image/x-canon-cr2"},
    {"cr3", "image/x-canon-cr3"},
    {"nef", "image/x-nikon-nef"},
    {"arw", "image/x-sony-arw"},
    {"json", "application/json"},
    {"jsonl", "application/json"},
    {"ndjson", "application/json"},
    {"xml", "application/xml"},
    {"xmp", "application/xml"},
    {"txt", "text/plain"},
    {"md", "text/plain"},
    {"log", "text/plain"},
    {"csv", "text/csv"},
    {"tsv", "text/tab-separated-values"},
    {"html", "text/html"},
    {"htm", "text/html"},
    {"pdf", "application/pdf"},
    {"zip", "application/zip"},
    {"tar", "application/x-tar"},
    {"gz", "application/gzip"},
    {"tgz", "application/gzip"},
    {"mp4", "video/mp4"},
    {"mov", "video/quicktime"},
    {"parquet", "application/vnd.apache.parquet"},
});

struct Magic {
  uint64_t offset;
  std::string_view bytes;
  std::string_view type;
};

constexpr auto kMagics = std::to_array<Magic>({
    {4, "jP  \r\n\x87\n"sv, "image/jp2"},
    {0, "\xFF\x0A"sv, "image/jxl"},
    {4, "JXL \r\n\x87\n"sv, "image/jxl"},
    {0, "\0\0\1\0"sv, "image/x-icon"},
    {0, "8BPS"sv, "image/vnd.adobe.photoshop"},
    {0, "%PDF-"sv, "application/pdf"},
    {0, "PK\3\4"sv, "application/zip"},
    {0, "\x1F\x8B"sv, "application/gzip"},
    {257, "ustar"sv, "application/x-tar"},
    {0, "PAR1"sv, "application/vnd.apache.parquet"},
    {0, "<?xml"sv, "application/xml"},
    {0, "<!DOCTYPE html"sv, "text/html"},
    {0, "<!doctype html"sv, "text/html"},
    {0, "<html"sv, "text/html"},
    {4, "ftypqt  "sv, "video/quicktime"},
    {4, "ftypcrx "sv, "image/x-canon-cr3"},
    {4, "ftypM4A "sv, "audio/mp4"},
    {4, "ftyp"sv, "video/mp4"},
});

std::string_view TypeByExtension(const std::string& extension) {
  const auto found = std::find_if(kTypesByExtension.begin(), kTypesByExtension.end(),
                                  [&](const NamedType& entry) { return entry.first == extension; });
  return found == kTypesByExtension.end() ? std::string_view() : found->second;
}

// Somewhere near the beginning.
bool Holds(const HostileBytes& bytes, std::string_view text) {
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()),
                              static_cast<size_t>(std::min<uint64_t>(bytes.size(), 2048)));
  return head.find(text) != std::string_view::npos;
}

// Text as far as a look at its beginning tells: no control characters but white space.
bool LooksLikeText(const HostileBytes& bytes) {
  const uint64_t end = std::min<uint64_t>(bytes.size(), 512);
  return std::all_of(bytes.data(), bytes.data() + end, [](uint8_t byte) {
    return byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f' || (byte >= 0x20 && byte != 0x7F);
  });
}

}  // namespace

std::string_view FormatName(ImageFormat format) {
  static constexpr std::string_view kNames[] = {"JPEG", "PNG", "TIFF", "GIF", "BMP", "WEBP", "HEIF", "AVIF"};
  return kNames[static_cast<size_t>(format)];
}

std::string_view FormatMimeType(ImageFormat format) {
  static constexpr std::string_view kTypes[] = {"image/jpeg", "image/png",  "image/tiff", "image/gif",
                                                "image/bmp",  "image/webp", "image/heif", "image/avif"};
  return kTypes[static_cast<size_t>(format)];
}

std::optional<ImageFormat> DetectFormat(std::span<const uint8_t> span) {
  const HostileBytes bytes(span);
  if (StartsWith(bytes, "\xFF\xD8\xFF")) return ImageFormat::kJpeg;
  // Half of PNG's signature: the other half is there to be damaged by transfers that
  // change line ends, and a file so damaged is a corrupt PNG.
  if (StartsWith(bytes, "\x89PNG")) return ImageFormat::kPng;
  for (const std::string_view magic : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv}) {
    if (StartsWith(bytes, magic)) return ImageFormat::kTiff;
  }
  if (StartsWith(bytes, "GIF87a") || StartsWith(bytes, "GIF89a")) return ImageFormat::kGif;
  if (StartsWith(bytes, "RIFF") && StartsWith(bytes, "WEBP", 8)) return ImageFormat::kWebp;
  if (IsBmp(bytes)) return ImageFormat::kBmp;
  return HeifFormat(bytes);
}

bool NameClaimsImage(std::string_view filename) {
  return TypeByExtension(LowerExtension(filename)).starts_with("image/");
}

std::string_view GuessMimeType(std::span<const uint8_t> span, std::string_view filename) {
  if (const auto format = DetectFormat(span)) return FormatMimeType(*format);
  const HostileBytes bytes(span);
  for (const Magic& magic : kMagics) {
    if (!StartsWith(bytes, magic.bytes, magic.offset)) continue;
    const bool svg = magic.type == "application/xml" && Holds(bytes, "<svg");
    return svg ? "image/svg+xml" : magic.type;
  }
  const std::string_view by_name = TypeByExtension(LowerExtension(filename));
  // A name that says picture over bytes that are none of ours is not believed.
  const bool image_claim = by_name.starts_with("image/") && by_name != "image/svg+xml";
  if (!by_name.empty() && !image_claim) return by_name;
  if (bytes.size() > 0 && LooksLikeText(bytes)) {
    return bytes.Byte(0) == '{' || bytes.Byte(0) == '[' ? "application/json" : "text/plain";
  }
  return image_claim && bytes.size() == 0 ? by_name : "application/octet-stream";
}

}  // namespace pixlake::image
