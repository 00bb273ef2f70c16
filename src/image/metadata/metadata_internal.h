// What the metadata parsers share: one function for each container and each kind of
// metadata, all writing into ImageMetadata, and the limits that hold for hostile bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "image/header/header_internal.h"
#include "image/json.h"
#include "image/metadata/metadata.h"

namespace pixlake::image {

inline constexpr size_t kMostNotes = 64;                    // of one image
inline constexpr size_t kMostNotedBytes = 4096;             // of a text whose bytes are noted
inline constexpr size_t kMostDirectories = 64;              // of one TIFF stream
inline constexpr size_t kMostEntries = 16384;               // of all of them together
inline constexpr uint64_t kMostExifValueBytes = 1 << 20;    // of all values together
inline constexpr size_t kMostInflated = 4 << 20;            // bytes of one compressed chunk
inline constexpr uint64_t kMostInflatedTogether = 8 << 20;  // when so much is kept, no more is inflated
inline constexpr size_t kMostXmpBytes = 64 << 20;           // of a packet
inline constexpr uint64_t kMostXmpPackets = 8;              // that are read, of one image
inline constexpr size_t kMostXmpProperties = 4096;
inline constexpr size_t kMostXmpValueBytes = 64 << 10;  // of one value
inline constexpr size_t kMostXmpTotalBytes = 1 << 20;   // of all names and values
inline constexpr size_t kMostIptcDatasets = 4096;
inline constexpr size_t kMostTextItems = 256;
inline constexpr size_t kMostTextBytes = 64 << 10;  // of one text

// After kMostNotes there comes one that says so, then none.
void AddNote(ImageMetadata* metadata, std::string_view code, std::string message = {}, int64_t offset = -1,
             std::string field = {}, std::span<const uint8_t> raw_bytes = {});

// A text whose encoding nothing declared is noted with its bytes.
void NoteGuessedText(ImageMetadata* metadata, std::string_view encoding, std::string field, int64_t offset,
                     std::span<const uint8_t> raw_bytes);

// Containers. Each is given bytes of its format, also damaged ones: it takes what
// comes before the damage.
void ReadJpegMetadata(const HostileBytes& bytes, ImageMetadata* metadata);
void ReadPngMetadata(const HostileBytes& bytes, ImageMetadata* metadata);
void ReadTiffMetadata(const HostileBytes& bytes, ImageMetadata* metadata);
void ReadGifMetadata(const HostileBytes& bytes, ImageMetadata* metadata);
void ReadBmpMetadata(const HostileBytes& bytes, ImageMetadata* metadata);
void ReadWebpMetadata(const HostileBytes& bytes, ImageMetadata* metadata);
void ReadHeifMetadata(const HostileBytes& bytes, ImageMetadata* metadata);  // and AVIF

// Metadata. `offset` is the place of the first byte in the file, -1 when it is not
// in it as such. Damage becomes a note.
void ReadExif(std::span<const uint8_t> tiff, int64_t offset, ImageMetadata* metadata);
void ReadGps(ImageMetadata* metadata);
// Of packets behind the first what is not known yet is added, and a note says that they are there.
void ReadXmp(std::span<const uint8_t> packet, int64_t offset, ImageMetadata* metadata);
// The part of a packet that did not fit into a JPEG's segment.
void ReadXmpExtension(std::span<const uint8_t> packet, ImageMetadata* metadata);
void ReadIptc(std::span<const uint8_t> datasets, int64_t offset, ImageMetadata* metadata);
// Adobe's image resources ("8BIM"): what is IPTC among them.
void ReadImageResources(std::span<const uint8_t> resources, int64_t offset, ImageMetadata* metadata);
void ReadIcc(std::span<const uint8_t> profile, int64_t offset, ImageMetadata* metadata);

// Pillow's mode of a TIFF, out of its first directory's fields.
std::string_view TiffMode(const ExifData& exif);

// The parts of AppendMetadataJson.
void AppendExifJson(const ExifData& exif, std::string* out);
void AppendNumber(double number, std::string* out);  // null when not finite
void AppendInteger(int64_t number, std::string* out);

// zlib (RFC 1950) with at most kMostInflated bytes of output, kept in `buffers`. Empty
// when damaged or larger; a wrong or missing checksum at the end alone is let pass.
std::span<const uint8_t> Inflate(std::span<const uint8_t> compressed, ImageMetadata* metadata);

void AppendBase64(std::span<const uint8_t> bytes, std::string* out);

inline std::span<const uint8_t> Part(const HostileBytes& bytes, uint64_t offset, uint64_t size) {
  return {bytes.data() + offset, size};
}

// A tag's name, or its number as "0x1234".
std::string TagText(const ExifEntry& entry);

}  // namespace pixlake::image
