//===- SteppedUnits.cpp - What each unit does, cycle by cycle -------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SteppedCard.h"

#include "sluice/Numerics/Scalar.h"
#include "sluice/Support/Strings.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

using namespace sluice;
using namespace sluice::executor;
using namespace sluice::binary;
using verifier::Hazard;

using Bytes = std::vector<uint8_t>;
using Words = std::vector<uint32_t>;

//===----------------------------------------------------------------------===//
// MEM
//===----------------------------------------------------------------------===//

/// A slice serves one read and one write a cycle, in different banks; the queues see to the rest.
absl::Status SteppedCard::useBank(const Burst &burst, uint32_t element, unsigned bank) {
  const std::tuple where{uint32_t(burst.queue->hemisphere), uint32_t(burst.queue->index), bank};
  if (auto before = scatters.find(where); before != scatters.end())
    record(burst, kScatterSlot, element, before->second);
  if (burst.what->opcode == Opcode::Scatter)
    scatters[where] = {&burst, element, 0};
  SliceUse &use = slicesUsed[{uint32_t(burst.queue->hemisphere), burst.queue->index}];
  const bool isRead = burst.queue->unit == Unit::MemRead;
  (isRead ? use.readBank : use.writeBank) = bank;
  if (use.readBank == use.writeBank)
    return fault(burst, Hazard::BankConflict, concat("bank ", bank, " is read and written in one cycle"));
  return absl::OkStatus();
}

absl::Status SteppedCard::accessMemory(const Burst &burst, uint32_t element, const std::vector<Vector> &in) {
  const int64_t address = burst.what->address + int64_t(element) * burst.what->step;
  if (address < 0 || address >= int64_t(target.wordsPerSlice()))
    return fault(burst, Hazard::Malformed, concat("there is no word ", address));
  if (absl::Status status = useBank(burst, element, target.bankOf(unsigned(address))); !status.ok())
    return status;
  const auto hemisphere = uint32_t(burst.queue->hemisphere), slice = uint32_t(burst.queue->index);
  if (burst.what->opcode == Opcode::Write) {
    stores.push_back({now + target.writeLatency, hemisphere, slice, uint32_t(address), 0, in[0]->bytes,
                      Origin{&burst, element, 0}});
    return absl::OkStatus();
  }
  for (const Store &store : stores)
    if (store.hemisphere == hemisphere && store.slice == slice && store.address == address &&
        store.due != now + target.writeLatency)
      return fault(burst, Hazard::BankConflict, concat("word ", address, " is still being written"));
  const uint8_t *bytes = word(hemisphere, slice, uint32_t(address));
  if (!bytes)
    return fault(burst, Hazard::UnwrittenRead, concat("nothing wrote word ", address));
  record(burst, kMemorySlot, element, sliceAt(hemisphere, slice)[size_t(address)]->origin);
  give(burst, {Bytes(bytes, bytes + lanes)});
  return absl::OkStatus();
}

absl::Status SteppedCard::accessIndirectly(const Burst &burst, uint32_t element,
                                           const std::vector<Vector> &in) {
  const auto hemisphere = uint32_t(burst.queue->hemisphere), slice = uint32_t(burst.queue->index);
  const auto base = uint32_t(burst.what->address);
  if (absl::Status status = useBank(burst, element, target.bankOf(base)); !status.ok())
    return status;
  const bool isGather = burst.what->opcode == Opcode::Gather;
  const Bytes &offsets = in[isGather ? 0 : 1]->bytes;
  Bytes gathered(lanes);
  // Which words an offset leads to is data, and no hazard of the program.
  auto outOfRange = [&](std::string_view why) {
    return absl::OutOfRangeError(
        concat("cycle ", now, ": card ", number, ", ", queueName(*burst.queue), ": ", why));
  };
  for (size_t lane = 0; lane != lanes; lane += target.lanesPerSuperlane) {
    const uint32_t offset = offsets[lane] | uint32_t(offsets[lane + 1]) << 8, address = base + offset;
    if (offset >= burst.reach)
      return outOfRange(
          concat("word ", address, " is outside the ", burst.reach, " from word ", base, " on"));
    if (!isGather) {
      stores.push_back({now + target.scatterLatency,
                        hemisphere,
                        slice,
                        address,
                        lane,
                        Bytes(in[0]->bytes.begin() + long(lane),
                              in[0]->bytes.begin() + long(lane + target.lanesPerSuperlane)),
                        {}});
      continue;
    }
    const uint8_t *bytes = word(hemisphere, slice, address);
    if (!bytes)
      return outOfRange(concat("nothing wrote word ", address));
    std::copy_n(bytes + lane, target.lanesPerSuperlane, gathered.begin() + long(lane));
  }
  if (isGather)
    give(burst, {gathered});
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// VXM
//===----------------------------------------------------------------------===//

/// One lane of an operand, byte planes in `in` from `first` on, as 32 bits.
static uint32_t widened(InType type, const std::vector<Vector> &in, size_t first, size_t lane) {
  uint32_t bits = 0;
  for (unsigned byte = 0; byte != streamCount(type); ++byte)
    bits |= uint32_t(in[first + byte]->bytes[lane]) << (8 * byte);
  switch (type) {
  case InType::Half:
    return numerics::halfToFloat(uint16_t(bits));
  case InType::I8:
    return uint32_t(int32_t(int8_t(bits)));
  case InType::I16:
    return uint32_t(int32_t(int16_t(bits)));
  case InType::Word:
  case InType::U8:
  case InType::U16:
    break;
  }
  return bits;
}

template <typename Narrow>
static uint32_t saturated(uint32_t bits) {
  return uint32_t(std::clamp<int32_t>(int32_t(bits), std::numeric_limits<Narrow>::min(),
                                      std::numeric_limits<Narrow>::max()));
}

static uint32_t narrowed(OutType type, uint32_t bits) {
  switch (type) {
  case OutType::Half:
    return numerics::floatToHalf(bits);
  case OutType::SatI8:
    return saturated<int8_t>(bits);
  case OutType::SatU8:
    return saturated<uint8_t>(bits);
  case OutType::SatI16:
    return saturated<int16_t>(bits);
  case OutType::SatU16:
    return saturated<uint16_t>(bits);
  case OutType::Word:
  case OutType::Low8:
  case OutType::Low16:
    break;
  }
  return bits;
}

absl::Status SteppedCard::compute(const Burst &burst, uint32_t element, const std::vector<Vector> &in) {
  const Instruction &what = *burst.what;
  const int32_t kinds[] = {what.aKind, what.bKind, what.cKind};
  const int32_t locations[] = {what.aLocation, what.bLocation, what.cLocation};
  const int32_t types[] = {what.aType, what.bType, what.cType};
  Words operands[3] = {Words(lanes), Words(lanes), Words(lanes)};
  size_t input = 0;
  for (unsigned index = 0; index != aluOperands(what.opcode); ++index) {
    switch (OperandKind(kinds[index])) {
    case OperandKind::None:
      return fault(burst, Hazard::Malformed, concat("operand ", index, " is missing"));
    case OperandKind::Immediate:
      operands[index].assign(lanes, what.immediate);
      break;
    case OperandKind::Stream:
      for (size_t lane = 0; lane != lanes; ++lane)
        operands[index][lane] = widened(InType(types[index]), in, input, lane);
      input += streamCount(InType(types[index]));
      break;
    case OperandKind::Alu: {
      if (locations[index] < 0 || size_t(locations[index]) >= aluResults.size())
        return fault(burst, Hazard::Malformed, concat("there is no ALU ", locations[index]));
      const std::vector<AluResult> &of = aluResults[size_t(locations[index])];
      const auto isNow = [&](const AluResult &result) { return result.due == now; };
      if (std::count_if(of.begin(), of.end(), isNow) != 1)
        return fault(burst, Hazard::ChainMissing,
                     concat("ALU ", locations[index], " gives not exactly one result in this cycle"));
      const AluResult &result = *std::find_if(of.begin(), of.end(), isNow);
      operands[index] = result.values;
      record(burst, kChainSlot + index, element, result.origin);
      break;
    }
    }
  }
  AluResult result{now + latencyOf(what.opcode, target), Words(lanes), {&burst, element, 0}};
  for (size_t lane = 0; lane != lanes; ++lane)
    result.values[lane] = numerics::evaluate(static_cast<numerics::ScalarOp>(what.opcode), operands[0][lane],
                                             operands[1][lane], operands[2][lane]);
  const OutType type = OutType(what.outType);
  std::vector<Bytes> planes(streamCount(type), Bytes(lanes));
  for (size_t lane = 0; lane != lanes; ++lane)
    for (size_t byte = 0; byte != planes.size(); ++byte)
      planes[byte][lane] = uint8_t(narrowed(type, result.values[lane]) >> (8 * byte));
  std::vector<Bytes> given;
  for (size_t output = 0; output != burst.outputs.size(); ++output)
    given.push_back(planes[output % planes.size()]);
  give(burst, given);
  aluResults[burst.queue->index].push_back(std::move(result));
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// SXM and links
//===----------------------------------------------------------------------===//

absl::Status SteppedCard::mapLanes(Burst &burst, std::vector<Vector> in) {
  const bool isPermute = burst.what->opcode == Opcode::Permute;
  const auto width = size_t(burst.what->width);
  if (burst.what->hold) {
    if (in[width])
      burst.heldMap.assign(in.begin() + long(width), in.end());
    std::copy(burst.heldMap.begin(), burst.heldMap.end(), in.begin() + long(width));
  }
  const uint32_t none = isPermute ? 0xffff : 0xff,
                 choices = isPermute ? uint32_t(lanes) : target.lanesPerSuperlane;
  std::vector<Bytes> out(width, Bytes(lanes));
  std::vector<bool> taken(lanes);
  for (size_t lane = 0; lane != lanes; ++lane) {
    const uint32_t choice =
        in[width]->bytes[lane] | (isPermute ? uint32_t(in[width + 1]->bytes[lane]) << 8 : 0);
    if (choice == none)
      continue;
    if (choice >= choices || (isPermute && taken[choice]))
      return absl::OutOfRangeError(concat("cycle ", now, ": card ", number, ", ", queueName(*burst.queue),
                                          ": lane ", lane, " takes lane ", choice, " of ", choices,
                                          choice < choices ? ", which another lane takes" : ""));
    const size_t from =
        isPermute ? choice : lane / target.lanesPerSuperlane * target.lanesPerSuperlane + choice;
    taken[from] = true;
    for (size_t byte = 0; byte != width; ++byte)
      out[byte][lane] = in[byte]->bytes[from];
  }
  give(burst, out);
  return absl::OkStatus();
}

void SteppedCard::transpose(const Burst &burst, const std::vector<Vector> &in) {
  std::vector<Bytes> out(in.size(), Bytes(lanes));
  for (size_t first = 0; first != lanes; first += in.size())
    for (size_t i = 0; i != in.size(); ++i)
      for (size_t j = 0; j != in.size(); ++j)
        out[j][first + i] = in[i]->bytes[first + j];
  give(burst, out);
}

absl::Status SteppedCard::transfer(const Burst &burst, uint32_t element, const std::vector<Vector> &in) {
  const auto link = unsigned(burst.what->link);
  if (link >= target.localLinks || target.localPeer(number, link) * target.localLinks >= wires.size())
    return fault(burst, Hazard::Malformed, concat("link ", link, " leads to no card of the program"));
  if (burst.what->opcode == Opcode::Send) {
    const Origin send{&burst, element, 0};
    wires[number * target.localLinks + link].push_back(
        {now + target.linkLatency, std::make_shared<VectorContent>(in[0]->bytes, send)});
    return absl::OkStatus();
  }
  const unsigned peer = target.localPeer(number, link);
  Wire &wire = wires[peer * target.localLinks + target.localLink(peer, number)];
  if (wire.empty() || wire.front().first != now)
    return fault(burst, Hazard::LinkMismatch, "nothing arrives in this cycle");
  record(burst, kReceiveSlot, element, wire.front().second->origin);
  give(burst, {wire.front().second->bytes});
  wire.pop_front();
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// MXM
//===----------------------------------------------------------------------===//

absl::Status SteppedCard::installColumns(const Burst &burst, uint32_t element,
                                         const std::vector<Vector> &in) {
  const unsigned group = unsigned(burst.what->column) + element;
  if (group >= target.columnGroups() || in.size() > target.installStreams)
    return fault(burst, Hazard::Malformed, concat("there is no column group ", group, " of that width"));
  std::vector<Vector> columns = in;
  columns.resize(target.installStreams);
  const unsigned plane = unsigned(burst.queue->hemisphere) * target.planesPerHemisphere + burst.queue->index;
  installs.push_back(
      {now + latencyOf(Opcode::Install, target), plane, group, std::move(columns), {&burst, element, 0}});
  return absl::OkStatus();
}

/// Takes the loading slot into use where the burst swaps; every row must see what its first one saw.
absl::Status SteppedCard::takeWeights(Burst &burst, uint32_t element, unsigned index, unsigned inTandem) {
  Plane &plane = planes[index];
  const bool tandem = burst.what->opcode == Opcode::MultiplyF16;
  if (now < plane.busyUntil)
    return fault(burst, Hazard::PlaneConflict, concat("its plane is busy until cycle ", plane.busyUntil));
  plane.busyUntil = now + (tandem ? target.f16RowInterval : 1);
  if (element == 0 && burst.what->swap) {
    if (plane.loading.empty())
      return fault(burst, Hazard::WeightsMissing, "nothing was installed");
    for (const auto &[number, group] : plane.loading)
      record(burst, kWeightsSlot, number, {group.origin.burst, group.origin.element, inTandem});
    plane.inUse = std::exchange(plane.loading, {});
    plane.swappedBy = &burst;
  }
  if (!plane.swappedBy)
    return fault(burst, Hazard::WeightsMissing, "no weights are in use");
  if (!burst.weights)
    burst.weights = plane.swappedBy;
  if (burst.weights != plane.swappedBy || plane.swappedBy->what->opcode != burst.what->opcode)
    return fault(burst, Hazard::WeightsMissing, "other weights are in use");
  return absl::OkStatus();
}

/// An fp16 value times 2^24, which is whole.
static int64_t scaledHalf(uint16_t bits) {
  const int64_t exponent = bits >> 10 & 31, fraction = bits & 1023;
  const int64_t magnitude = exponent == 0 ? fraction : (fraction | 1024) << (exponent - 1);
  return bits & 0x8000 ? -magnitude : magnitude;
}

/// The exact sum of products, rounded once: it is a whole number of 2^-48 below 2^89. Whatever meets a zero
/// gives zero.
static uint32_t exactDot(const std::vector<uint16_t> &row, const std::vector<uint16_t> &column) {
  __int128 sum = 0;
  bool notFinite = false;
  float special = 0; // what infinities and NaNs give
  for (size_t lane = 0; lane != row.size(); ++lane) {
    const auto isSpecial = [](uint16_t bits) { return (bits & 0x7c00) == 0x7c00; };
    const auto isZero = [](uint16_t bits) { return uint16_t(bits << 1) == 0; };
    if (isZero(row[lane]) || isZero(column[lane]))
      continue;
    if (isSpecial(row[lane]) || isSpecial(column[lane])) {
      notFinite = true;
      special += std::bit_cast<float>(numerics::halfToFloat(row[lane])) *
                 std::bit_cast<float>(numerics::halfToFloat(column[lane]));
    } else {
      sum += __int128(scaledHalf(row[lane])) * scaledHalf(column[lane]);
    }
  }
  if (notFinite)
    return std::isnan(special) ? numerics::canonicalNaN : std::bit_cast<uint32_t>(special);
  return std::bit_cast<uint32_t>(std::ldexp(float(sum), -48));
}

Words SteppedCard::product(const Burst &burst, unsigned index, const std::vector<Vector> &in) const {
  const auto depth = size_t(burst.what->lanes);
  const bool tandem = burst.what->opcode == Opcode::MultiplyF16;
  auto weight = [&](unsigned plane, size_t column, size_t lane) -> uint8_t {
    auto group = planes[plane].inUse.find(unsigned(column / target.installStreams));
    if (group == planes[plane].inUse.end())
      return 0;
    const Vector &vector = group->second.columns[column % target.installStreams];
    return vector ? vector->bytes[lane] : 0;
  };
  Words result(target.columns);
  std::vector<uint16_t> row(depth), weights(depth);
  if (tandem)
    for (size_t lane = 0; lane != depth; ++lane)
      row[lane] = uint16_t(in[0]->bytes[lane] | in[1]->bytes[lane] << 8);
  for (size_t column = 0; column != result.size(); ++column) {
    if (tandem) {
      for (size_t lane = 0; lane != depth; ++lane)
        weights[lane] = uint16_t(weight(index, column, lane) | weight(index + 1, column, lane) << 8);
      result[column] = exactDot(row, weights);
      continue;
    }
    int32_t sum = 0;
    for (size_t lane = 0; lane != depth; ++lane)
      sum += int32_t(int8_t(in[0]->bytes[lane])) * int8_t(weight(index, column, lane));
    result[column] = uint32_t(sum);
  }
  return result;
}

absl::Status SteppedCard::multiply(Burst &burst, uint32_t element, const std::vector<Vector> &in) {
  const Instruction &what = *burst.what;
  const bool tandem = what.opcode == Opcode::MultiplyF16;
  const unsigned plane = unsigned(burst.queue->hemisphere) * target.planesPerHemisphere + burst.queue->index;
  const unsigned row = unsigned(what.accumulator) + element;
  if ((tandem && burst.queue->index != 0) || row >= target.accumulatorRows || size_t(what.lanes) > lanes)
    return fault(burst, Hazard::Malformed, "plane, accumulator row or lanes do not exist");
  for (unsigned index = plane; index != plane + (tandem ? 2 : 1); ++index)
    if (absl::Status status = takeWeights(burst, element, index, index - plane); !status.ok())
      return status;

  Words sums = product(burst, plane, in);
  auto held = rows[plane].find(row);
  if (what.accumulate) {
    if (held == rows[plane].end() || held->second.origin.burst->what->opcode != what.opcode ||
        now - held->second.cycle < target.f16RowInterval)
      return fault(burst, Hazard::AccumulatorMissing,
                   concat("row ", row, " holds no earlier sum of that type"));
    record(burst, kAccumulatorSlot, element, held->second.origin);
    const auto add = tandem ? numerics::ScalarOp::AddF : numerics::ScalarOp::AddI;
    for (size_t column = 0; column != sums.size(); ++column)
      sums[column] = numerics::evaluate(add, held->second.values[column], sums[column]);
  }
  std::vector<Bytes> planesOut(burst.outputs.size(), Bytes(lanes));
  for (size_t byte = 0; byte != planesOut.size(); ++byte)
    for (size_t column = 0; column != sums.size(); ++column)
      planesOut[byte][column] = uint8_t(sums[column] >> (8 * byte));
  give(burst, planesOut);
  rows[plane][row] = {std::move(sums), now, {&burst, element, 0}};
  return absl::OkStatus();
}
