// Exif's directories as JSON. docs/metadata.md has what each value becomes.
#include <array>

#include "image/metadata/exif/exif_tags_internal.h"
#include "image/metadata/exif/exif_values_internal.h"
#include "image/metadata/metadata_internal.h"
#include "image/metadata/text_encoding.h"

namespace pixlake::image {
namespace {

constexpr uint16_t kMake = 0x010F;
constexpr uint16_t kJpegInterchange = 0x0201, kJpegInterchangeLength = 0x0202;

struct Signature {
  std::string_view begins;
  std::string_view maker;
};

using namespace std::string_view_literals;
// As makers begin theirs (exiftool's and exiv2's documentation list them). Those
// without a signature are told by the Make tag alone.
constexpr auto kSignatures = std::to_array<Signature>({
    {"AOC\0"sv, "Pentax"},
    {"PENTAX \0"sv, "Pentax"},
    {"Apple iOS\0"sv, "Apple"},
    {"DJI\0"sv, "DJI"},
    {"FUJIFILM"sv, "Fujifilm"},
    {"GENERALE"sv, "General Electric"},
    {"HUAWEI"sv, "Huawei"},
    {"KDK"sv, "Kodak"},
    {"KYOCERA"sv, "Kyocera"},
    {"LEICA"sv, "Leica"},
    {"LGE"sv, "LG"},
    {"MINOL\0"sv, "Minolta"},
    {"Nikon\0"sv, "Nikon"},
    {"OLYMP\0"sv, "Olympus"},
    {"OLYMPUS\0"sv, "Olympus"},
    {"OM SYSTEM\0"sv, "OM System"},
    {"EPSON\0"sv, "Epson"},
    {"Panasonic"sv, "Panasonic"},
    {"QVC\0"sv, "Casio"},
    {"Ricoh"sv, "Ricoh"},
    {"RICOH\0"sv, "Ricoh"},
    {"RECONYX"sv, "Reconyx"},
    {"SAMSUNG"sv, "Samsung"},
    {"SANYO\0"sv, "Sanyo"},
    {"SIGMA\0"sv, "Sigma"},
    {"FOVEON\0"sv, "Sigma"},
    {"SONY CAM"sv, "Sony"},
    {"SONY DSC"sv, "Sony"},
    {"SONY MOBILE"sv, "Sony"},
    {"SEMC MS\0"sv, "Sony Ericsson"},
    {"XIAOMI"sv, "Xiaomi"},
    {"\0\0\0ISLMAKERNOTE"sv, "ISL"},
});

class ExifWriter {
 public:
  ExifWriter(const ExifData& exif, std::string* out) : exif_(exif), out_(out) {}

  void Write() {
    out_->push_back('{');
    bool first = true;
    for (const ExifDirectory& directory : exif_.directories) {
      if (!first) out_->push_back(',');
      first = false;
      AppendJsonString(directory.name, out_);
      out_->push_back(':');
      WriteDirectory(directory);
    }
    out_->push_back('}');
  }

 private:
  void WriteDirectory(const ExifDirectory& directory) {
    const ExifValueWriter values(exif_, directory.kind, out_);
    out_->push_back('{');
    bool first = true;
    for (const ExifEntry& entry : directory.entries) {
      *out_ += first ? "\""sv : ",\""sv;
      first = false;
      const TagKind kind = KindOf(entry);
      if (kind == TagKind::kMakerNote || kind == TagKind::kBlob) {
        out_->append(entry.info->name).append("\":"sv);
        WritePlace(entry.offset, entry.value.size(),
                   kind == TagKind::kMakerNote ? Maker(entry) : std::string_view());
      } else if (FitsItsTag(entry)) {
        out_->append(entry.info->name).append("\":"sv);
        values.Write(entry);
      } else {
        *out_ += TagNumber(entry.tag);
        *out_ += "\":"sv;
        values.WriteTyped(entry);
      }
    }
    if (directory.name == "IFD1") WriteThumbnail(directory, first);
    out_->push_back('}');
  }

  // TIFF 6.0, section 22: where the thumbnail is, here from the file's first byte.
  void WriteThumbnail(const ExifDirectory& directory, bool first) {
    const ExifEntry* offset = directory.Find(kJpegInterchange);
    const ExifEntry* size = directory.Find(kJpegInterchangeLength);
    if (offset == nullptr || size == nullptr) return;
    if (!first) out_->push_back(',');
    *out_ += "\"thumbnail\":"sv;
    const int64_t place = static_cast<int64_t>(exif_.Integer(*offset) & 0x7FFFFFFFFFFF);
    WritePlace(exif_.file_offset < 0 ? -1 : exif_.file_offset + place, exif_.Integer(*size), {});
  }

  void WritePlace(int64_t offset, uint64_t size, std::string_view maker) {
    *out_ += "{\"offset\":"sv;
    if (offset < 0) {
      *out_ += "null"sv;
    } else {
      AppendInteger(offset, out_);
    }
    *out_ += ",\"size\":"sv;
    AppendInteger(static_cast<int64_t>(size), out_);
    if (!maker.empty()) {
      *out_ += ",\"maker\":"sv;
      AppendJsonString(maker, out_);
    }
    out_->push_back('}');
  }

  // By its signature, else by the Make tag's first word.
  std::string_view Maker(const ExifEntry& note) const {
    const std::string_view bytes = ViewOf(note.value);
    for (const Signature& signature : kSignatures) {
      if (bytes.starts_with(signature.begins)) return signature.maker;
    }
    const ExifEntry* make = exif_.Find("IFD0", kMake);
    return make == nullptr ? std::string_view() : make->text.substr(0, make->text.find(' '));
  }

  const ExifData& exif_;
  std::string* const out_;
};

}  // namespace

void AppendExifJson(const ExifData& exif, std::string* out) {
  ExifWriter(exif, out).Write();
}

}  // namespace pixlake::image
