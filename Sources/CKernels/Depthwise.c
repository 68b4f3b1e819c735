#include "InstructionSets.h"
#include "Scratch.h"

// Packed planes of some samples: whole samples, or a ring of the planes that a kernel needs at once.
typedef struct {
  ptrdiff_t places, mask, plane, floats;
} vn_planes;

// Voxels of a plane that is worth a ring, and to be fetched from memory ahead of its use.
enum { VN_LARGE_PLANE = 128 };

static vn_planes vn_depthwise_planes(vn_volume v, ptrdiff_t kernel, ptrdiff_t samples) {
  const ptrdiff_t ring = kernel == 3 ? 4 : 8, plane = v.height * v.width * 16;
  // Several samples or planes at a time are small ones.
  const int whole = v.depth <= ring || v.height * v.width < VN_LARGE_PLANE;
  const ptrdiff_t places = whole ? v.depth : ring;
  return (vn_planes){places, whole ? -1 : ring - 1, plane, samples * places * plane};
}

// The first float of plane d of sample n.
static inline ptrdiff_t vn_plane(vn_planes at, ptrdiff_t n, ptrdiff_t d) {
  return (n * at.places + (d & at.mask)) * at.plane;
}

// Outputs that the weight gradient sums up before it adds them: few enough for the first-level cache.
// They depend on the shape alone, and with them the order of every sum.
typedef struct {
  ptrdiff_t samples, planes, rows;
} vn_depthwise_group;

static vn_depthwise_group vn_depthwise_group_of(vn_volume v) {
  const ptrdiff_t positions = 128, plane = v.height * v.width, sample = v.depth * plane;
#define AT_MOST(count, limit) ((count) < 1 ? 1 : (count) < (limit) ? (count) : (limit))
  return (vn_depthwise_group){AT_MOST(positions / sample, v.samples),
                              AT_MOST(positions / plane, v.depth),
                              AT_MOST(positions / v.width, v.height)};
#undef AT_MOST
}

// Taps first..<end of an axis touch the volume.
typedef struct {
  ptrdiff_t first, end;
} vn_taps;

static vn_taps vn_live_taps(ptrdiff_t extent, ptrdiff_t kernel) {
  const ptrdiff_t reach = extent - 1 < kernel / 2 ? extent - 1 : kernel / 2;
  return (vn_taps){kernel / 2 - reach, kernel / 2 + reach + 1};
}

static ptrdiff_t blocks_of(vn_volume volume) { return (volume.channels + 15) / 16; }

// Planes of tensors that are packed next; null behind the last.
typedef struct {
  const float *rows[3];
  ptrdiff_t stride;
} vn_ahead;

// The plane of x that is packed after plane d of an item (sample × block) is computed, or a plane of the
// next item that will be; null behind the last item.
static const float *vn_next_plane(const float *x, vn_volume v, vn_planes at, ptrdiff_t kernel,
                                  ptrdiff_t item, ptrdiff_t end, ptrdiff_t d) {
  const ptrdiff_t blocks = blocks_of(v), D = v.depth;
  const ptrdiff_t plane = at.places == D ? d + D : d + kernel / 2 + 1;
  const ptrdiff_t next = plane < D ? item : item + 1;
  if (next >= end) return 0;
  return x + ((next / blocks) * D + plane % D) * v.height * v.width * v.channels + next % blocks * 16;
}

#define VN_BODY "Depthwise.body.h"
#include "EachInstructionSet.h"

ptrdiff_t vn_depthwise_items(vn_volume volume) { return volume.samples * blocks_of(volume); }

void vn_depthwise(const float *x, vn_reading reading, const float *weights, float *y,
                  vn_volume volume, ptrdiff_t kernel, ptrdiff_t i0, ptrdiff_t i1) {
  VN_DISPATCH(vn_depthwise, x, reading, weights, y, volume, kernel, i0, i1)
}

ptrdiff_t vn_depthwise_gradient_items(vn_volume volume) {
  const ptrdiff_t samples = vn_depthwise_group_of(volume).samples;
  return (volume.samples + samples - 1) / samples * blocks_of(volume);
}

void vn_depthwise_gradients(const float *x, vn_reading reading, const float *dy,
                            vn_gradient_reading gradient, const float *weights, float *dx,
                            float *partial, vn_volume volume, ptrdiff_t kernel, ptrdiff_t i0,
                            ptrdiff_t i1) {
  VN_DISPATCH(vn_depthwise_gradients, x, reading, dy, gradient, weights, dx, partial, volume, kernel,
              i0, i1)
}

void vn_depthwise_weight_sums(const float *partial, float *dweights, vn_volume volume,
                              ptrdiff_t kernel, ptrdiff_t b0, ptrdiff_t b1) {
  VN_DISPATCH(vn_depthwise_weight_sums, partial, dweights, volume, kernel, b0, b1)
}
