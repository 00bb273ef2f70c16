// TIFF 6.0, section 2 (structure); Exif 3.0 (CIPA DC-008-2023), 4.5 and 4.6.
#include <algorithm>
#include <bitset>
#include <memory>

#include <fmt/format.h>

#include "image/header/tiff_directory_internal.h"
#include "image/metadata/exif/exif_tags_internal.h"
#include "image/metadata/metadata_internal.h"
#include "image/metadata/text_encoding.h"

namespace pixlake::image {
namespace {

constexpr uint16_t kSubIfds = 0x014A, kExifPointer = 0x8769, kGpsPointer = 0x8825, kInteropPointer = 0xA005;
constexpr uint64_t kMostPages = 65535;  // libtiff's limit

// Whether a value is written out whole, and so counts towards kMostExifValueBytes.
bool IsWrittenOut(const ExifEntry& entry) {
  return KindOf(entry) != TagKind::kBlob && KindOf(entry) != TagKind::kMakerNote;
}

// Of the types that offsets are written in, some are mistakes, but clear ones.
bool IsOffset(uint16_t type) {
  return type == kExifLong || type == kExifIfd || type == kExifSignedLong || type == kExifShort ||
         type == kExifLong8 || type == kExifIfd8;
}

// Random bytes taken for a directory show in entries that cannot be.
bool IsNoDirectory(size_t damaged, size_t sound) {
  return damaged > 8 && damaged > sound;
}

class ExifReader {
 public:
  ExifReader(const HostileBytes& bytes, int64_t offset, ImageMetadata* metadata)
      : tiff_(bytes), offset_(offset), metadata_(metadata), exif_(metadata->exif) {}

  void Read();

 private:
  void ReadChain(uint64_t first);
  // Returns the offset of the next directory, 0 at the end or at damage.
  uint64_t ReadDirectory(uint64_t offset, IfdKind kind, std::string name);
  void ReadEntry(uint64_t at, ExifDirectory* directory);
  void ReadText(const std::string& directory, ExifEntry* entry);
  void TakeDecoded(const std::string& directory, DecodedText decoded, ExifEntry* entry);
  void FollowPointers();
  void FollowPointer(std::string_view from, uint16_t tag, IfdKind kind, const std::string& name,
                     uint64_t index = 0);
  void CountPages(uint64_t next);

  int64_t InFile(uint64_t offset) const { return offset_ < 0 ? -1 : offset_ + static_cast<int64_t>(offset); }
  void Damaged(uint64_t offset, std::string message, std::string field = {}) {
    AddNote(metadata_, "damaged_exif", std::move(message), InFile(offset), std::move(field));
  }

  const TiffBytes tiff_;
  const int64_t offset_;
  ImageMetadata* const metadata_;
  ExifData& exif_;
  std::vector<uint64_t> visited_;  // offsets of directories: at most kMostDirectories
  size_t entries_ = 0;
  uint64_t value_bytes_ = 0;
};

std::string FieldName(const std::string& directory, const ExifEntry& entry) {
  return directory + "." + TagText(entry);
}

// TIFF 6.0, section 2, "Image file header"; BigTIFF's has 8 bytes more.
void ExifReader::Read() {
  exif_.present = true;
  exif_.big_endian = tiff_.raw().Byte(0) == 'M';
  exif_.big_tiff = tiff_.big_tiff();
  exif_.file_offset = offset_;
  const uint64_t at = tiff_.big_tiff() ? 8 : 4;
  if (!tiff_.Has(at, tiff_.offset_bytes())) return Damaged(0, "the TIFF header is cut short");
  exif_.directories.reserve(6);
  ReadChain(tiff_.Number(at, tiff_.offset_bytes()));
  FollowPointers();
}

void ExifReader::ReadChain(uint64_t first) {
  uint64_t next = first;
  for (size_t i = 0; next != 0; ++i) {
    if (exif_.directories.size() >= kMostDirectories / 2) return CountPages(next);
    const size_t before = exif_.directories.size();
    next = ReadDirectory(next, IfdKind::kImage, fmt::format("IFD{}", i));
    if (exif_.directories.size() > before) ++exif_.pages;
  }
}

// What is behind the directories that are kept is counted alone.
void ExifReader::CountPages(uint64_t next) {
  while (next != 0 && exif_.pages < kMostPages && tiff_.Has(next, tiff_.count_bytes())) {
    ++exif_.pages;
    const uint64_t count = tiff_.Number(next, tiff_.count_bytes());
    if (count > tiff_.raw().size() / tiff_.entry_bytes()) return;
    const uint64_t end = next + tiff_.count_bytes() + count * tiff_.entry_bytes();
    next = tiff_.Has(end, tiff_.offset_bytes()) ? tiff_.Number(end, tiff_.offset_bytes()) : 0;
  }
}

// TIFF 6.0, section 2, "Image file directory": a count, entries, the next offset. Of
// one that is cut off, the entries that are there are taken.
uint64_t ExifReader::ReadDirectory(uint64_t offset, IfdKind kind, std::string name) {
  if (visited_.size() >= kMostDirectories) return 0;
  if (std::find(visited_.begin(), visited_.end(), offset) != visited_.end()) {
    Damaged(offset, "directory " + name + " is one that was read already: a loop");
    return 0;
  }
  visited_.push_back(offset);
  if (!tiff_.Has(offset, tiff_.count_bytes())) {
    Damaged(offset, "directory " + name + " lies past the end");
    return 0;
  }
  const uint64_t stated = tiff_.Number(offset, tiff_.count_bytes());
  const uint64_t begin = offset + tiff_.count_bytes();
  const uint64_t room = (tiff_.raw().size() - begin) / tiff_.entry_bytes();
  const uint64_t count = std::min({stated, room, uint64_t{kMostEntries - entries_}});
  if (count < stated)
    Damaged(offset, fmt::format("directory {} has {} entries, {} are taken", name, stated, count));
  entries_ += count;
  ExifDirectory directory{kind, std::move(name), {}};
  directory.entries.reserve(count);
  std::unique_ptr<std::bitset<65536>> met;  // needed only when entries are out of order
  int last = -1;
  size_t damaged = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t at = begin + i * tiff_.entry_bytes();
    const int tag = static_cast<int>(tiff_.Number(at, 2));
    if (tag <= last && met == nullptr) {
      met = std::make_unique<std::bitset<65536>>();
      for (const ExifEntry& entry : directory.entries) met->set(entry.tag);
    }
    last = std::max(last, tag);
    if (met != nullptr && met->test(static_cast<size_t>(tag))) {
      AddNote(metadata_, "duplicate_tag", fmt::format("tag 0x{:04X} stands twice, the first counts", tag),
              InFile(at), directory.name);
      continue;
    }
    const size_t before = directory.entries.size();
    ReadEntry(at, &directory);
    damaged += directory.entries.size() == before;
    if (IsNoDirectory(damaged, directory.entries.size())) {
      Damaged(offset, "bytes that are no directory", directory.name);
      return 0;
    }
    if (met != nullptr && directory.entries.size() > before) met->set(static_cast<size_t>(tag));
  }
  exif_.directories.push_back(std::move(directory));
  const uint64_t end = begin + stated * tiff_.entry_bytes();
  if (stated > room || !tiff_.Has(end, tiff_.offset_bytes())) return 0;
  return tiff_.Number(end, tiff_.offset_bytes());
}

// TIFF 6.0, section 2, "IFD entry": tag, type, count, and the value if it fits, else
// its offset.
void ExifReader::ReadEntry(uint64_t at, ExifDirectory* directory) {
  ExifEntry entry;
  entry.tag = static_cast<uint16_t>(tiff_.Number(at, 2));
  entry.type = static_cast<uint16_t>(tiff_.Number(at + 2, 2));
  entry.info = FindTag(directory->kind, entry.tag);
  const uint64_t size = ExifTypeBytes(entry.type);
  const uint64_t count = tiff_.Number(at + 4, tiff_.offset_bytes());
  if (size == 0) {
    return Damaged(at, fmt::format("type {} is none", entry.type), FieldName(directory->name, entry));
  }
  uint64_t position = at + 4 + tiff_.offset_bytes();
  if (count > tiff_.offset_bytes() / size) position = tiff_.Number(position, tiff_.offset_bytes());
  const uint64_t room = tiff_.raw().size() - std::min(tiff_.raw().size(), position);
  if (count > room / size) {
    return Damaged(at,
                   fmt::format("{} values of type {} at {} lie past the end", count, entry.type, position),
                   FieldName(directory->name, entry));
  }
  entry.offset = InFile(position);
  entry.value = Part(tiff_.raw(), count == 0 ? 0 : position, count * size);
  if (IsWrittenOut(entry)) {
    if (entry.value.size() > kMostExifValueBytes - value_bytes_) {
      AddNote(metadata_, "exif_value_left_out", fmt::format("{} bytes", entry.value.size()), entry.offset,
              FieldName(directory->name, entry));
      return;
    }
    value_bytes_ += entry.value.size();
  }
  ReadText(directory->name, &entry);
  directory->entries.push_back(entry);
}

// Exif 3.0, 4.6.2: ASCII and UTF-8 are ended by a NUL. Cameras fill what is behind it
// with anything.
void ExifReader::ReadText(const std::string& directory, ExifEntry* entry) {
  const TagKind kind = KindOf(*entry);
  const auto value = entry->value;
  if (kind == TagKind::kCharsetText && (entry->type == kExifUndefined || entry->type == kExifAscii)) {
    return TakeDecoded(directory, DecodeCharsetText(value, exif_.big_endian), entry);
  }
  if (kind == TagKind::kUtf16 && (entry->type == kExifByte || entry->type == kExifUndefined)) {
    return TakeDecoded(directory, DecodeUtf16(value, false), entry);
  }
  if (kind == TagKind::kVersion && entry->type == kExifUndefined) {
    entry->is_text = std::all_of(value.begin(), value.end(), [](uint8_t c) { return c >= ' ' && c < 0x7F; });
    entry->text = ViewOf(value);
    return;
  }
  if (entry->type != kExifAscii && entry->type != kExifUtf8) return;
  std::string_view text = ViewOf(value);
  const size_t last = text.find_last_not_of('\0');
  text = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
  const size_t nul = text.find('\0');
  if (nul != std::string_view::npos && kind == TagKind::kCopyright) {
    DecodedText both = DecodeDetected(BytesOf(text));
    std::replace(both.utf8.begin(), both.utf8.end(), '\0', '\n');
    return TakeDecoded(directory, std::move(both), entry);
  }
  if (nul != std::string_view::npos) {
    AddNote(metadata_, "text_after_nul", {}, entry->offset, FieldName(directory, *entry), value);
    text = text.substr(0, nul);
  }
  entry->is_text = true;
  entry->text = text;
  if (!IsAscii(BytesOf(text)) && !IsUtf8(BytesOf(text))) {
    TakeDecoded(directory, DecodeDetected(BytesOf(text)), entry);
  }
}

void ExifReader::TakeDecoded(const std::string& directory, DecodedText decoded, ExifEntry* entry) {
  if (decoded.guessed) {
    NoteGuessedText(metadata_, decoded.encoding, FieldName(directory, *entry), entry->offset, entry->value);
  }
  exif_.decoded.push_back(std::move(decoded.utf8));
  entry->is_text = true;
  entry->text = exif_.decoded.back();
}

// Exif 3.0, 4.6.4 "Tags relating to Exif-specific IFD pointers"; TIFF Technical Note 1
// (SubIFDs). Some writers put Interop's pointer in IFD0.
void ExifReader::FollowPointers() {
  FollowPointer("IFD0", kExifPointer, IfdKind::kExif, "Exif");
  FollowPointer("IFD0", kGpsPointer, IfdKind::kGps, "GPS");
  FollowPointer(exif_.Find("Exif", kInteropPointer) != nullptr ? "Exif" : "IFD0", kInteropPointer,
                IfdKind::kInterop, "Interop");
  const ExifEntry* sub = exif_.Find("IFD0", kSubIfds);
  const uint64_t count = sub == nullptr ? 0 : std::min<uint64_t>(sub->count(), 16);
  for (uint64_t i = 0; i < count; ++i) {
    FollowPointer("IFD0", kSubIfds, IfdKind::kSub, fmt::format("SubIFD{}", i), i);
  }
}

void ExifReader::FollowPointer(std::string_view from, uint16_t tag, IfdKind kind, const std::string& name,
                               uint64_t index) {
  const ExifEntry* pointer = exif_.Find(from, tag);
  if (pointer == nullptr || index >= pointer->count()) return;
  if (!IsOffset(pointer->type)) {
    return Damaged(0, fmt::format("the pointer to it has type {}", pointer->type), name);
  }
  const uint64_t offset = exif_.Integer(*pointer, index);
  if (offset != 0) ReadDirectory(offset, kind, name);
}

}  // namespace

// Exif 3.0, 4.5.2: the stream begins with a TIFF header.
void ReadExif(std::span<const uint8_t> stream, int64_t offset, ImageMetadata* metadata) {
  if (metadata->exif.present) {
    return AddNote(metadata, "second_exif", "the first Exif that holds anything counts", offset);
  }
  const std::string_view magic = ViewOf(stream.first(std::min<size_t>(stream.size(), 4)));
  using namespace std::string_view_literals;
  if (magic != "II*\0"sv && magic != "MM\0*"sv && magic != "II+\0"sv && magic != "MM\0+"sv) {
    return AddNote(metadata, "damaged_exif", "no TIFF header", offset);
  }
  const HostileBytes bytes(stream);  // which the reader borrows
  ExifReader(bytes, offset, metadata).Read();
  const auto& directories = metadata->exif.directories;
  const bool holds_nothing = std::all_of(directories.begin(), directories.end(),
                                         [](const ExifDirectory& each) { return each.entries.empty(); });
  if (!holds_nothing) return;
  AddNote(metadata, "damaged_exif", "it holds no tag", offset);
  metadata->exif = {};
}

std::string TagText(const ExifEntry& entry) {
  return entry.info != nullptr ? std::string(entry.info->name) : fmt::format("0x{:04X}", entry.tag);
}

}  // namespace pixlake::image
