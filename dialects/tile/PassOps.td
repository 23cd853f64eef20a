//===- PassOps.td - Streamed passes, placed or not --------------*- tablegen -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The operations that `tile` and `slice` share: the same passes, without and with
// their place. Each class takes the dialect and what the level adds.
//
// A view is a pair (start, step): element i of a pass uses vector start + i * step
// of its buffer. View attributes list one pair an operand.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_TILE_PASSOPS_TD
#define SLUICE_DIALECTS_TILE_PASSOPS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "dialects/tile/PassInterfaces.td"
include "dialects/tile/TileTypes.td"

defvar noExtra = (ins);

class Pass_Op<Dialect dialect, string mnemonic, list<Trait> traits = []> : Op<dialect, mnemonic, traits> {
  let hasVerifier = 1;
}

class Pass_ConstantOp<Dialect dialect, dag placement> : Pass_Op<dialect, "constant", [BufferOpInterface]> {
  let summary = "vectors known at compile time";
  let description = [{
    `data` holds int8 elements of shape [vectors, bytes, lanes] (byte plane k of each element in plane k), or
    [cards, vectors, bytes, lanes] where each card has its own; a `#tile.image` says what they are without them.
  }];
  let arguments = !con((ins ElementsAttr:$data, DefaultValuedAttr<I64Attr, "1">:$stripes), placement);
  let results = (outs Tile_Buffer:$buffer);
  let extraClassDeclaration = [{
    ::sluice::tile::Striping getStriping() { return {int64_t(getStripes()), 1}; }
    bool isInitial() { return true; }
  }];
  let assemblyFormat = "$data attr-dict `:` type($buffer)";
}

class Pass_InputOp<Dialect dialect, dag placement> : Pass_Op<dialect, "input", [BufferOpInterface]> {
  let summary = "vectors that the host writes before the program starts";
  let description = [{
    Vectors first, first + 1, ... of program input `name`, laid out by `permutation` and `lane_dims` (as the
    container's Layout says). `machine_type` is the tensor as it lies in memory, `user_type` its element type for the user.
    Instead of these two (then empty and 0), `row_loops`, `lane_loops` and `offsets` may say it, all three of them: the loops as
    (dimension, count, step) triples. With `part` = [dimension, step] every card has vectors of its own: card c's offset of the
    dimension is c * step more.
  }];
  let arguments = !con((ins StrAttr:$name, TypeAttr:$machine_type, TypeAttr:$user_type, DenseI64ArrayAttr:$permutation, I64Attr:$lane_dims,
                            OptionalAttr<DenseI64ArrayAttr>:$row_loops, OptionalAttr<DenseI64ArrayAttr>:$lane_loops,
                            OptionalAttr<DenseI64ArrayAttr>:$offsets, OptionalAttr<DenseI64ArrayAttr>:$part, I64Attr:$first, DefaultValuedAttr<I64Attr, "1">:$stripes), placement);
  let results = (outs Tile_Buffer:$buffer);
  let extraClassDeclaration = [{
    ::sluice::tile::Striping getStriping() { return {int64_t(getStripes()), 1}; }
    bool isInitial() { return true; }
  }];
  let assemblyFormat = "$name attr-dict `:` type($buffer)";
}

class Pass_BufferOp<Dialect dialect, dag placement> : Pass_Op<dialect, "buffer", [BufferOpInterface]> {
  let summary = "storage that passes write";
  let description = [{
    With `stripes` = s, vector v lies in the v mod s-th of s parts (slices), so that s neighbouring vectors can be read
    in one cycle: what weight installation needs. With `block` = b, vector v lies in the (v / b) mod s-th part: passes that
    write blocks of vectors at once each have a slice.
  }];
  let arguments = !con((ins DefaultValuedAttr<I64Attr, "1">:$stripes, DefaultValuedAttr<I64Attr, "1">:$block), placement);
  let results = (outs Tile_Buffer:$buffer);
  let extraClassDeclaration = [{
    ::sluice::tile::Striping getStriping() { return {int64_t(getStripes()), int64_t(getBlock())}; }
    bool isInitial() { return false; }
  }];
  let assemblyFormat = "attr-dict `:` type($buffer)";
}

class Pass_OutputOp<Dialect dialect> : Pass_Op<dialect, "output"> {
  let summary = "vectors that the host reads after the program";
  let description = [{
    Vectors first, first + 1, ... (count of them) of program output `name` are the view's. `card` says which card
    the host reads, -1 where all hold the same.
  }];
  let arguments = (ins Tile_Buffer:$buffer, DenseI64ArrayAttr:$view, StrAttr:$name, TypeAttr:$machine_type, TypeAttr:$user_type,
                       DenseI64ArrayAttr:$permutation, I64Attr:$lane_dims, I64Attr:$first, I64Attr:$count, I64Attr:$card);
  let assemblyFormat = "$buffer $view `count` $count $name attr-dict `:` type($buffer)";
}

class Pass_MapOp<Dialect dialect, dag placement> : Pass_Op<dialect, "map", [PassOpInterface, AttrSizedOperandSegments, SingleBlock, IsolatedFromAbove]> {
  let summary = "one chained VXM pass";
  let description = [{
    `count` vectors of each input stream through a chain of ALUs. The body is that of `stensor.map`; its argument and
    result types give the width of the elements.
  }];
  let arguments = !con((ins Variadic<Tile_Buffer>:$inputs, Variadic<Tile_Buffer>:$outputs, DenseI64ArrayAttr:$input_views,
                            DenseI64ArrayAttr:$output_views, I64Attr:$count), placement);
  let regions = (region SizedRegion<1>:$body);
  let extraClassDeclaration = [{
    ::sluice::tile::PassUnit getUnit() { return ::sluice::tile::PassUnit::Vxm; }
    ::mlir::OperandRange getWritten() { return getOutputs(); }
    ::std::optional<::sluice::tile::VectorRange> getStreamed(unsigned operand) {
      const unsigned inputs = getInputs().size();
      return operand < inputs ? ::sluice::tile::rangeAt(getInputViews(), operand, getCount())
                              : ::sluice::tile::rangeAt(getOutputViews(), operand - inputs, getCount());
    }
  }];
  let assemblyFormat = [{
    `ins` `(` ($inputs^ `:` type($inputs))? `)` $input_views `outs` `(` $outputs `:` type($outputs) `)` $output_views
    `count` $count $body attr-dict
  }];
}

class Pass_ContractOp<Dialect dialect, dag placement> : Pass_Op<dialect, "contract", [PassOpInterface, AttrSizedOperandSegments, SingleBlock, IsolatedFromAbove]> {
  let summary = "rows through a column of weight tiles, accumulated in place";
  let description = [{
    One unit of contraction work on `planes` planes (tandems for fp16) of one hemisphere that see the same rows. Chunk c of the
    contraction installs one weight tile a plane (weights[c * planes + p], vectors 0 ... columns[p] - 1 being its columns, lanes its K)
    and streams `count` rows; chunks accumulate in ascending order. Row operand j belongs to chunk row_segments[4 j] and is the
    view (row_segments[4 j + 1], row_segments[4 j + 2]) of row_segments[4 j + 3] rows; the segments of a chunk follow one another.
    With `apart` the planes have one tile (each chunk names it for every plane) and rows of their own, `count` each: the segments of a
    chunk are those of plane 0, then of plane 1 and so on.
    `lanes[c]` lanes of a row count. The body gets the accumulated element (f32 or i32), then one of each plane's `extras` (extras and
    outputs are listed plane by plane, with views over the whole unit), and yields one element an output of the plane.
    Operand width (1: int8, 2: fp16) is that of the weights.
  }];
  let arguments = !con((ins Variadic<Tile_Buffer>:$weights, Variadic<Tile_Buffer>:$rows, Variadic<Tile_Buffer>:$extras,
                            Variadic<Tile_Buffer>:$outputs, DenseI64ArrayAttr:$row_segments, DenseI64ArrayAttr:$lanes,
                            DenseI64ArrayAttr:$columns, DenseI64ArrayAttr:$extra_views, DenseI64ArrayAttr:$output_views,
                            I64Attr:$planes, I64Attr:$count, UnitAttr:$apart), placement);
  let regions = (region SizedRegion<1>:$body);
  let extraClassDeclaration = [{
    ::sluice::tile::PassUnit getUnit() { return ::sluice::tile::PassUnit::Planes; }
    int64_t getBursts() { return getLanes().size(); }
    ::mlir::OperandRange getWritten() { return getOutputs(); }
    ::std::optional<::sluice::tile::VectorRange> getStreamed(unsigned operand) {
      const unsigned rows = getWeights().size(), extras = rows + getRows().size(), outputs = extras + getExtras().size();
      if (operand < rows)
        return ::std::nullopt;
      if (operand >= outputs)
        return ::sluice::tile::rangeAt(getOutputViews(), operand - outputs, getCount());
      if (operand >= extras)
        return ::sluice::tile::rangeAt(getExtraViews(), operand - extras, getCount());
      ::llvm::ArrayRef<int64_t> segment = getRowSegments().slice(4 * (operand - rows), 4);
      return ::sluice::tile::rangeAt(segment.slice(1, 2), 0, segment[3]);
    }
  }];
  let assemblyFormat = [{
    `weights` `(` $weights `:` type($weights) `)` `rows` `(` $rows `:` type($rows) `)` $row_segments
    (`extras` `(` $extras^ `:` type($extras) `)`)? $extra_views `outs` `(` $outputs `:` type($outputs) `)` $output_views
    `planes` $planes `lanes` $lanes `columns` $columns `count` $count $body attr-dict
  }];
}

class Pass_PermuteOp<Dialect dialect, dag placement> : Pass_Op<dialect, "permute", [PassOpInterface]> {
  let summary = "one SXM pass that moves lanes";
  let description = [{
    Lane l of vector i of the output is lane map[l] of vector i of the input, zero where map[l] is 0xffff; no lane is taken twice.
    `map` is a buffer of 2 bytes; with step 0 one map serves all vectors. `views` lists input, map, output.
  }];
  let arguments = !con((ins Tile_Buffer:$input, Tile_Buffer:$map, Tile_Buffer:$output, DenseI64ArrayAttr:$views, I64Attr:$count), placement);
  let extraClassDeclaration = [{
    ::sluice::tile::PassUnit getUnit() { return ::sluice::tile::PassUnit::Permutor; }
    ::std::optional<::sluice::tile::VectorRange> getStreamed(unsigned operand) {
      return ::sluice::tile::rangeAt(getViews(), operand, getCount());
    }
  }];
  let assemblyFormat = "$input `,` $map `into` $output $views `count` $count attr-dict `:` type($input) `,` type($map) `,` type($output)";
}

class Pass_GatherOp<Dialect dialect, dag placement> : Pass_Op<dialect, "gather", [PassOpInterface]> {
  let summary = "vectors of a table at addresses that arrive on a stream";
  let description = [{
    Output vector i is table vector offsets[i], superlane by superlane; `offsets` is a buffer of 1 byte in the form that Gather takes
    (16-bit little endian in the first two lanes of each superlane). `views` lists offsets, output.
  }];
  let arguments = !con((ins Tile_Buffer:$table, Tile_Buffer:$offsets, Tile_Buffer:$output, DenseI64ArrayAttr:$views, I64Attr:$count), placement);
  let extraClassDeclaration = [{
    ::sluice::tile::PassUnit getUnit() { return ::sluice::tile::PassUnit::Memory; }
    ::std::optional<::sluice::tile::VectorRange> getStreamed(unsigned operand) {
      if (operand == 0)
        return ::std::nullopt; // Any vector of the table.
      return ::sluice::tile::rangeAt(getViews(), operand - 1, getCount());
    }
  }];
  let assemblyFormat = "$table `,` $offsets `into` $output $views `count` $count attr-dict `:` type($table) `,` type($offsets) `,` type($output)";
}

class Pass_ExchangeOp<Dialect dialect, dag placement> : Pass_Op<dialect, "exchange", [PassOpInterface]> {
  let summary = "every card's vectors to every card";
  let description = [{
    The cards of the program exchange all `count` vectors of `input`: vector i of card c becomes vector c * count + i of `output` on
    every card, c's own included.

    `distances` names other receivers: card c sends to card c + distance, modulo the cards, for each distance (0: itself). `view` = [start, step, block]
    says what it sends to card r: vectors start + r * block + i * step; `place` = [start, block] where that lies: vector i of card c is
    vector start + c * block + i of the output. Without them: [0, 1, 0] and [0, count].
  }];
  let arguments = !con((ins Tile_Buffer:$input, Tile_Buffer:$output, I64Attr:$count, OptionalAttr<DenseI64ArrayAttr>:$distances,
                            OptionalAttr<DenseI64ArrayAttr>:$view, OptionalAttr<DenseI64ArrayAttr>:$place), placement);
  let extraClassDeclaration = [{
    ::sluice::tile::PassUnit getUnit() { return ::sluice::tile::PassUnit::Links; }
    ::std::optional<::sluice::tile::VectorRange> getStreamed(unsigned operand) {
      if (operand == 1)
        return ::std::nullopt; // Those of each card in turn.
      if (getView()) // Those of each receiver in turn.
        return ::std::nullopt;
      return ::sluice::tile::VectorRange{0, 1, int64_t(getCount())};
    }
  }];
  let assemblyFormat = "$input `into` $output `count` $count attr-dict `:` type($input) `,` type($output)";
}

#endif // SLUICE_DIALECTS_TILE_PASSOPS_TD
