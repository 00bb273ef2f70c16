// TIFF by libtiff: strips or tiles of every page.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <tiffio.h>

#include "image/decode/decode_internal.h"
#include "image/decode/tiff_source_internal.h"
#include "image/header/tiff_directory_internal.h"

namespace pixlake::image {
namespace {

// One directory, as far as decoding needs it.
struct Page {
  uint32_t width = 0, height = 0;
  uint16_t bits = 1, samples = 1, planar = PLANARCONFIG_CONTIG, photometric = PHOTOMETRIC_MINISBLACK;
  uint16_t sample_format = SAMPLEFORMAT_UINT, compression = COMPRESSION_NONE,
           orientation = ORIENTATION_TOPLEFT;
  bool tiled = false;
  uint32_t piece_width = 0, piece_height = 0;  // of a strip or tile

  bool decoder_warns() const {
    // These codecs go on after damage and only warn of it.
    switch (compression) {
      case COMPRESSION_CCITTRLE:
      case COMPRESSION_CCITTRLEW:
      case COMPRESSION_CCITTFAX3:
      case COMPRESSION_CCITTFAX4:
      case COMPRESSION_JPEG:
      case COMPRESSION_OJPEG:
      case COMPRESSION_THUNDERSCAN:
        return true;
      default:
        return false;
    }
  }

  // Samples that go to the sink as they lie in a strip or tile.
  bool direct() const {
    const bool grey =
        samples == 1 && (photometric == PHOTOMETRIC_MINISBLACK || photometric == PHOTOMETRIC_MINISWHITE);
    const bool colour = photometric == PHOTOMETRIC_RGB && (samples == 3 || samples == 4);
    const bool ink = photometric == PHOTOMETRIC_SEPARATED && samples == 4 && bits == 8;
    return (bits == 8 || bits == 16) && sample_format == SAMPLEFORMAT_UINT && planar == PLANARCONFIG_CONTIG &&
           (grey || colour || ink);
  }
};

Page ReadPage(TIFF* tiff) {
  Page page;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &page.width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &page.height);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &page.bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &page.samples);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &page.planar);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &page.sample_format);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &page.compression);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &page.orientation);
  TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &page.photometric);
  page.tiled = TIFFIsTiled(tiff) != 0;
  if (page.tiled) {
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &page.piece_width);
    TIFFGetField(tiff, TIFFTAG_TILELENGTH, &page.piece_height);
  } else {
    page.piece_width = page.width;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &page.piece_height);
    page.piece_height = std::min(page.piece_height, page.height);
  }
  return page;
}

// Reads the pieces of one page.
class PageDecoder {
 public:
  PageDecoder(const DecodeTask& task, TIFF* tiff, TiffSource* source, int64_t number)
      : task_(task), tiff_(tiff), source_(source), number_(number), page_(ReadPage(tiff)) {}

  Result<Judgement> Decode(RowSink* sink) {
    PL_ASSIGN_OR_RETURN(Judgement judgement, CheckPage());
    if (judgement.verdict != Verdict::kOk) return judgement;
    if (sink == nullptr) return ReadPieces(nullptr);
    if (page_.direct()) {
      PL_RETURN_NOT_OK(sink->Begin({page_.width, page_.height, page_.samples, page_.bits,
                                    page_.photometric == PHOTOMETRIC_SEPARATED}));
      return ReadPieces(sink);
    }
    return ReadRaster(sink);
  }

 private:
  Judgement Wrong(Verdict verdict, std::string_view what) const {
    return {verdict, -1, fmt::format("TIFF, page {}: {}", number_ + 1, what)};
  }

  // An error that libtiff had, or one of the warnings that stand for lost pixels.
  Judgement Damage(std::string_view otherwise) const {
    const std::string& said = !source_->error.empty() ? source_->error : source_->warning;
    // Of libjpeg: lossless, hierarchical and 12-bit JPEG are sound, and not decoded.
    for (const std::string_view kind :
         {"Unsupported JPEG process", "Unsupported JPEG data precision", "Unsupported color conversion"}) {
      if (said.find(kind) != std::string::npos) return Wrong(Verdict::kUnsupported, said);
    }
    return Wrong(Verdict::kCorrupt, said.empty() ? otherwise : said);
  }

  Result<Judgement> CheckPage() {
    if (page_.width == 0 || page_.height == 0 || page_.piece_width == 0 || page_.piece_height == 0) {
      return Damage("no pixels");
    }
    if (page_.width > task_.budget.max_pixels / page_.height) {
      return Wrong(Verdict::kBomb, fmt::format("{}x{} pixels, at most {} are taken (--max-pixels)",
                                               page_.width, page_.height, task_.budget.max_pixels));
    }
    if (TIFFIsCODECConfigured(page_.compression) == 0) {
      return Wrong(Verdict::kUnsupported, fmt::format("compression {} is not decoded", page_.compression));
    }
    const uint64_t piece = page_.tiled ? TIFFTileSize64(tiff_) : TIFFStripSize64(tiff_);
    if (piece == 0) return Damage("strips or tiles without a size");
    const uint64_t across =
        page_.tiled ? (page_.width + uint64_t{page_.piece_width} - 1) / page_.piece_width : 1;
    if (piece > static_cast<uint64_t>(task_.budget.max_memory) / across) {
      return TooMuchMemory("TIFF", piece * across, task_.budget.max_memory);
    }
    piece_bytes_ = static_cast<size_t>(piece);
    return Judgement{};
  }

  tmsize_t ReadPiece(uint32_t index, uint8_t* to) {
    const auto size = static_cast<tmsize_t>(piece_bytes_);
    return page_.tiled ? TIFFReadEncodedTile(tiff_, index, to, size)
                       : TIFFReadEncodedStrip(tiff_, index, to, size);
  }

  // What a whole piece decodes to; a plane's last strip has fewer rows.
  tmsize_t Expected(uint32_t index) const {
    if (page_.tiled) return static_cast<tmsize_t>(piece_bytes_);
    const uint32_t a_plane = (page_.height + page_.piece_height - 1) / page_.piece_height;
    const uint32_t first = index % a_plane * page_.piece_height;
    return TIFFVStripSize(tiff_, std::min(page_.piece_height, page_.height - first));
  }

  Result<Judgement> ReadPieces(RowSink* sink) {
    const uint32_t count = page_.tiled ? TIFFNumberOfTiles(tiff_) : TIFFNumberOfStrips(tiff_);
    const uint32_t across = page_.tiled ? (page_.width + page_.piece_width - 1) / page_.piece_width : 1;
    std::vector<uint8_t> band(piece_bytes_ * (sink == nullptr ? 1 : across));
    source_->error.clear();
    source_->warning.clear();
    for (uint32_t i = 0; i < count; ++i) {
      if (task_.deadline.Passed()) return task_.deadline.Exceeded();
      uint8_t* piece = band.data() + (sink == nullptr ? 0 : piece_bytes_ * (i % across));
      const tmsize_t got = ReadPiece(i, piece);
      const bool warned = page_.decoder_warns() && !source_->warning.empty();
      if (got < Expected(i) || !source_->error.empty() || warned) {
        return Damage(fmt::format("strip or tile {} decodes to {} bytes, expected {}", i, got, Expected(i)));
      }
      if (sink != nullptr && i % across == across - 1) GiveRows(i / across, across, band.data(), sink);
    }
    return Judgement{};
  }

  // A band of pieces that lie beside one another.
  void GiveRows(uint32_t band_number, uint32_t across, uint8_t* band, RowSink* sink) const {
    const size_t pixel = size_t{page_.samples} * page_.bits / 8;
    const size_t piece_row = pixel * page_.piece_width;
    std::vector<uint8_t> row(piece_row * across);
    const uint64_t first = uint64_t{band_number} * page_.piece_height;
    const uint64_t rows = std::min<uint64_t>(page_.piece_height, page_.height - first);
    for (uint64_t y = 0; y < rows; ++y) {
      for (uint32_t i = 0; i < across; ++i) {
        std::memcpy(row.data() + i * piece_row, band + i * piece_bytes_ + y * piece_row, piece_row);
      }
      if (page_.photometric == PHOTOMETRIC_MINISWHITE) {
        std::transform(row.begin(), row.end(), row.begin(),
                       [](uint8_t byte) { return static_cast<uint8_t>(~byte); });
      }
      sink->Row(row.data());
    }
  }

  // Everything else as libtiff makes colours of it.
  Result<Judgement> ReadRaster(RowSink* sink) {
    char reason[1024] = "";
    if (TIFFRGBAImageOK(tiff_, reason) == 0) return Wrong(Verdict::kUnsupported, reason);
    const uint64_t memory = uint64_t{page_.width} * page_.height * 4;
    if (memory > static_cast<uint64_t>(task_.budget.max_memory)) {
      return TooMuchMemory("TIFF", memory, task_.budget.max_memory);
    }
    std::vector<uint32_t> raster(size_t{page_.width} * page_.height);
    // Asked for the orientation it has, libtiff turns nothing.
    if (TIFFReadRGBAImageOriented(tiff_, page_.width, page_.height, raster.data(), page_.orientation,
                                  /*stopOnError=*/1) == 0) {
      return Damage("no reason given");
    }
    PL_RETURN_NOT_OK(sink->Begin({page_.width, page_.height, 4, 8}));
    std::vector<uint8_t> row(size_t{page_.width} * 4);
    for (uint32_t y = 0; y < page_.height; ++y) {
      for (uint32_t x = 0; x < page_.width; ++x) {
        const uint32_t pixel = raster[size_t{y} * page_.width + x];
        const uint32_t alpha = TIFFGetA(pixel);
        // Colours come multiplied with alpha.
        const auto apart = [&](uint32_t colour) {
          return static_cast<uint8_t>(
              alpha == 0 ? 0 : std::min<uint32_t>(255, (colour * 255 + alpha / 2) / alpha));
        };
        uint8_t* out = &row[size_t{x} * 4];
        out[0] = apart(TIFFGetR(pixel));
        out[1] = apart(TIFFGetG(pixel));
        out[2] = apart(TIFFGetB(pixel));
        out[3] = static_cast<uint8_t>(alpha);
      }
      sink->Row(row.data());
    }
    return Judgement{};
  }

  const DecodeTask& task_;
  TIFF* const tiff_;
  TiffSource* const source_;
  const int64_t number_;
  const Page page_;
  size_t piece_bytes_ = 0;
};

}  // namespace

Result<DecodeResult> DecodeTiff(const DecodeTask& task) {
  TiffSource source{task.bytes, 0, {}, {}};
  const TiffHandle tiff = OpenTiff(&source, task.budget.max_memory);
  if (tiff == nullptr) {
    return DecodeResult{{Verdict::kCorrupt, -1, fmt::format("TIFF: {}", source.error)}, 0};
  }
  // The header has judged the chain, so that here every page that can be found is decoded:
  // libtiff itself stops at the first directory that it does not like.
  const HostileBytes bytes(task.bytes);
  const TiffBytes layout(bytes);
  DecodeResult result;
  for (const uint64_t offset : TiffDirectories(layout)) {
    const bool first = result.frames == 0;
    if (!first && (task.sink != nullptr || !HoldsImage(layout, offset))) continue;
    if (task.deadline.Passed()) {
      result.judgement = task.deadline.Exceeded();
      return result;
    }
    source.error.clear();
    if (!first && TIFFSetSubDirectory(tiff.get(), offset) == 0) {
      result.judgement = {Verdict::kCorrupt, static_cast<int64_t>(offset),
                          fmt::format("TIFF, page {}: {}", result.frames + 1, source.error)};
      return result;
    }
    PageDecoder page(task, tiff.get(), &source, result.frames);
    PL_ASSIGN_OR_RETURN(result.judgement, page.Decode(first ? task.sink : nullptr));
    if (result.judgement.verdict != Verdict::kOk) return result;
    ++result.frames;
  }
  return result;
}

}  // namespace pixlake::image
