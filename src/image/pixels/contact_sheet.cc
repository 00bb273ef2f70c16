#include "image/pixels/contact_sheet.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace pixlake::image {
namespace {

constexpr uint64_t kMostBytes = uint64_t{1} << 28;

// Draws `image`, each pixel scaled, centred in the cell at (left, top).
template <typename Image>
void DrawCell(const Image& image, const ContactSheetOptions& cell, uint32_t left, uint32_t top,
              Image* sheet) {
  constexpr size_t kChannels = Image::kChannels;
  const uint32_t width = std::min(image.width, cell.cell_width);
  const uint32_t height = std::min(image.height, cell.cell_height);
  left += (cell.cell_width - width) / 2 * cell.scale;
  top += (cell.cell_height - height) / 2 * cell.scale;
  for (uint32_t y = 0; y < height * cell.scale; ++y) {
    uint8_t* row = &sheet->pixels[(size_t{top + y} * sheet->width + left) * kChannels];
    const uint8_t* source = &image.pixels[size_t{y / cell.scale} * image.width * kChannels];
    for (uint32_t x = 0; x < width * cell.scale; ++x) {
      std::copy_n(source + x / cell.scale * kChannels, kChannels, row + x * kChannels);
    }
  }
}

template <typename Image>
Result<Image> LayOut(std::span<const Image> images, const ContactSheetOptions& wanted) {
  if (images.empty()) return Error(ErrorCode::kUsage, "a contact sheet needs at least one image");
  ContactSheetOptions options = wanted;
  for (const Image& image : images) {
    if (wanted.cell_width == 0) options.cell_width = std::max(options.cell_width, image.width);
    if (wanted.cell_height == 0) options.cell_height = std::max(options.cell_height, image.height);
  }
  options.scale = std::max(1u, options.scale);
  const auto count = static_cast<uint32_t>(images.size());
  if (options.columns == 0)
    options.columns = static_cast<uint32_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  options.columns = std::min(options.columns, count);
  const uint32_t rows = (count + options.columns - 1) / options.columns;
  const uint64_t step_x = uint64_t{options.cell_width} * options.scale + options.gap;
  const uint64_t step_y = uint64_t{options.cell_height} * options.scale + options.gap;
  const uint64_t width = step_x * options.columns + options.gap;
  const uint64_t height = step_y * rows + options.gap;
  if (width > kMostBytes || height > kMostBytes / width / Image::kChannels) {
    return Error(
        ErrorCode::kOverBudget,
        fmt::format("a contact sheet of {}x{} pixels is too large; show fewer images", width, height));
  }
  Image sheet;
  sheet.width = static_cast<uint32_t>(width);
  sheet.height = static_cast<uint32_t>(height);
  sheet.pixels.assign(width * height * Image::kChannels, options.background);
  for (uint32_t i = 0; i < count; ++i) {
    const auto left = static_cast<uint32_t>(options.gap + i % options.columns * step_x);
    const auto top = static_cast<uint32_t>(options.gap + i / options.columns * step_y);
    DrawCell(images[i], options, left, top, &sheet);
  }
  return sheet;
}

}  // namespace

Result<GrayImage> MakeContactSheet(std::span<const GrayImage> images, const ContactSheetOptions& options) {
  return LayOut(images, options);
}
Result<RgbImage> MakeContactSheet(std::span<const RgbImage> images, const ContactSheetOptions& options) {
  return LayOut(images, options);
}

}  // namespace pixlake::image
