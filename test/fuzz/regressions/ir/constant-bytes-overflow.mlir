module attributes {sluice.path_bound = 343 : i64, sluice.resource_bound = 48 : i64} {
  sched.program cards 2 cycles 411 stats "{\22busy_cycles\22:{\22c2c\22:8,\22mem_read\22:142,\22mem_write\22:16,\22mxm_install\22:8,\22mxm_multiply\22:8,\22vxm\22:4},\22cards\22:2,\22cycles\22:411,\22instructions\22:96,\22link_vectors\22:4,\22memory_bytes_per_card\22:{\22constants\22:4096,\22inputs\22:128,\22outputs\22:256,\22temporaries\22:256},\22microseconds\22:0.45666666666666667,\22mxm_utilisation\22:0.0048661800486618006,\22path_bound\22:343,\22ratio\22:1.1982507288629738,\22resource_bound\22:48}" {
    sched.binding "x" {address = 0 : i64, card = -1 : i64, count = 2 : i64, first = 0 : i64, hemisphere = 0 : i64, lane_dims = 1 : i64, machine_type = tensor<1x2x1x64xi8>, output = false, permutation = array<i64: 0, 1, 2, 3>, slices = array<i64: 16>, step = 1 : i64, user_type = i8}
    sched.binding "x" {address = 256 : i64, card = -1 : i64, count = 2 : i64, first = 2 : i64, hemisphere = 0 : i64, lane_dims = 1 : i64, machine_type = tensor<1x2x1x64xi8>, output = false, permutation = array<i64: 0, 1, 2, 3>, slices = array<i64: 16>, step = 1 : i64, user_type = i8}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 0 : i64, stripe = 0 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 1 : i64, stripe = 1 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 2 : i64, stripe = 2 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 3 : i64, stripe = 3 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 4 : i64, stripe = 4 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 5 : i64, stripe = 5 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 6 : i64, stripe = 6 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 8 : i64, stripe = 8 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 9 : i64, stripe = 9 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 10 : i64, stripe = 10 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 11 : i64, stripe = 11 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 12 : i64, stripe = 12 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 9 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 13 : i64, stripe = 13 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 14 : i64, stripe = 14 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 15 : i64, stripe = 15 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 0 : i64, stripe = 0 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 1 : i64, stripe = 1 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 6 : i64, stripe = 6 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 2 : i64, stripe = 2 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 3 : i64, stripe = 3 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 4 : i64, stripe = 4 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 5 : i64, stripe = 5 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 6 : i64, stripe = 6 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 7 : i64, stripe = 7 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 8 : i64, stripe = 8 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 9 : i64, stripe = 9 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 10 : i64, stripe = 10 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 11 : i64, stripe = 11 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 12 : i64, stripe = 12 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 13 : i64, stripe = 13 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 14 : i64, stripe = 14 : i64, stripes = 16 : i64}
    sched.memory dense<1> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 15 : i64, stripe = 15 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 0 : i64, stripe = 0 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 1 : i64, stripe = 1 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 2 : i64, stripe = 2 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 3 : i64, stripe = 3 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 4 : i64, stripe = 4 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 5 : i64, stripe = 5 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 6 : i64, stripe = 6 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 3 : i64, stripe = 3 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 7 : i64, stripe = 7 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 8 : i64, stripe = 8 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 9 : i64, stripe = 9 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 10 : i64, stripe = 10 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 11 : i64, stripe = 11 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 12 : i64, stripe = 12 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 13 : i64, stripe = 13 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 14 : i64, stripe = 14 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 15 : i64, stripe = 15 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x2305843009213693951x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 0 : i64, stripe = 0 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 1 : i64, stripe = 1 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 2 : i64, stripe = 2 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 3 : i64, stripe = 3 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 4 : i64, stripe = 4 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 5 : i64, stripe = 5 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 6 : i64, stripe = 6 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 7 : i64, stripe = 7 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 8 : i64, stripe = 8 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 9 : i64, stripe = 9 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 10 : i64, stripe = 10 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 11 : i64, stripe = 11 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 12 : i64, stripe = 12 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 13 : i64, stripe = 13 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 14 : i64, stripe = 14 : i64, stripes = 16 : i64}
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 256 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 15 : i64, stripe = 15 : i64, stripes = 16 : i64}
    sched.binding "y" {address = 0 : i64, card = 0 : i64, count = 2 : i64, first = 0 : i64, flow = array<i64: -1, 0, 0, 2, 72, 0, 0, 1, -1, 1, 0, 2, 73, 0, 0, 1, -1, 2, 0, 2, 74, 0, 0, 1, -1, 3, 0, 2, 75, 0, 0, 1>, hemisphere = 1 : i64, lane_dims = 1 : i64, machine_type = tensor<1x2x64xi32>, output = true, permutation = array<i64: 0, 1, 2>, slices = array<i64: 20, 21, 22, 23>, step = 1 : i64, user_type = i32}
    sched.binding "y" {address = 0 : i64, card = 1 : i64, count = 2 : i64, first = 2 : i64, flow = array<i64: -1, 0, 2, 2, 72, 0, 0, 1, -1, 1, 2, 2, 73, 0, 0, 1, -1, 2, 2, 2, 74, 0, 0, 1, -1, 3, 2, 2, 75, 0, 0, 1>, hemisphere = 1 : i64, lane_dims = 1 : i64, machine_type = tensor<1x2x64xi32>, output = true, permutation = array<i64: 0, 1, 2>, slices = array<i64: 20, 21, 22, 23>, step = 1 : i64, user_type = i32}
    sched.issue [0, 0, 0] at 0 1 [0, 1, 0, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 0, 0, 1]
    sched.issue [0, 0, 0] at 3 1 [256, 1, 16, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 16, 0, 1]
    sched.issue [0, 0, 1] at 0 1 [0, 1, 1, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 1, 0, 1]
    sched.issue [0, 0, 1] at 3 1 [256, 1, 17, 0] count 2 every 1 flow [-1, 9, 0, 2, -1, 17, 0, 1]
    sched.issue [0, 0, 2] at 0 1 [0, 1, 2, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 2, 0, 1]
    sched.issue [0, 0, 2] at 3 1 [256, 1, 18, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 18, 0, 1]
    sched.issue [0, 0, 3] at 0 1 [0, 1, 3, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 3, 0, 1]
    sched.issue [0, 0, 3] at 3 1 [256, 1, 19, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 19, 0, 1]
    sched.issue [0, 0, 4] at 1 1 [0, 1, 4, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 4, 0, 1]
    sched.issue [0, 0, 4] at 4 1 [256, 1, 20, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 20, 0, 1]
    sched.issue [0, 0, 5] at 1 1 [0, 1, 5, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 5, 0, 1]
    sched.issue [0, 0, 5] at 4 1 [256, 1, 21, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 21, 0, 1]
    sched.issue [0, 0, 6] at 1 1 [0, 1, 6, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 6, 0, 1]
    sched.issue [0, 0, 6] at 4 1 [256, 1, 22, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 22, 0, 1]
    sched.issue [0, 0, 7] at 1 1 [0, 1, 7, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 7, 0, 1]
    sched.issue [0, 0, 7] at 4 1 [256, 1, 23, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 23, 0, 1]
    sched.issue [0, 0, 8] at 2 1 [0, 1, 8, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 8, 0, 1]
    sched.issue [0, 0, 8] at 5 1 [256, 1, 24, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 24, 0, 1]
    sched.issue [0, 0, 9] at 2 1 [0, 1, 9, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 9, 0, 1]
    sched.issue [0, 0, 9] at 5 1 [256, 1, 25, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 25, 0, 1]
    sched.issue [0, 0, 10] at 2 1 [0, 1, 10, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 10, 0, 1]
    sched.issue [0, 0, 10] at 5 1 [256, 1, 26, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 26, 0, 1]
    sched.issue [0, 0, 11] at 2 1 [0, 1, 11, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 11, 0, 1]
    sched.issue [0, 0, 11] at 5 1 [256, 1, 27, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 27, 0, 1]
    sched.issue [0, 0, 12] at 3 1 [0, 1, 12, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 12, 0, 1]
    sched.issue [0, 0, 12] at 6 1 [256, 1, 28, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 28, 0, 1]
    sched.issue [0, 0, 13] at 3 1 [0, 1, 13, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 13, 0, 1]
    sched.issue [0, 0, 13] at 6 1 [256, 1, 29, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 29, 0, 1]
    sched.issue [0, 0, 14] at 3 1 [0, 1, 14, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 14, 0, 1]
    sched.issue [0, 0, 14] at 6 1 [256, 1, 30, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 30, 0, 1]
    sched.issue [0, 0, 15] at 3 1 [0, 1, 15, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 15, 0, 1]
    sched.issue [0, 0, 15] at 6 1 [256, 1, 31, 0] count 2 every 1 flow [-1, 64, 0, 2, -1, 31, 0, 1]
    sched.issue [0, 0, 16] at 6 1 [0, 1, 0, 0] count 2 every 1 flow [-1, 64, 0, 2, -2, 0, 0, 1]
    sched.issue [0, 0, 16] at 9 1 [256, 1, 0, 0] count 2 every 1 flow [-1, 64, 0, 2, -2, 0, 2, 1]
    sched.issue [0, 0, 17] at 78 1 [0, 0, 0, 0] count 2 every 1 flow [-1, 64, 0, 2, 71, 0, 0, 0]
    sched.issue [0, 0, 17] at 102 1 [1, 0, 0, 0] count 2 every 1 flow [-1, 64, 0, 2, 71, 0, 1, 0]
    sched.issue [0, 0, 17] at 104 1 [0, 1, 0, 1] count 2 every 1 flow [-1, 64, 0, 2, 71, 0, 0, 1]
    sched.issue [0, 1, 0] at 0 1 [0, 1, 0, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 32, 0, 1]
    sched.issue [0, 1, 0] at 355 1 [256, 1, 16, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 48, 0, 1]
    sched.issue [0, 1, 1] at 0 1 [0, 1, 1, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 33, 0, 1]
    sched.issue [0, 1, 1] at 355 1 [256, 1, 17, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 49, 0, 1]
    sched.issue [0, 1, 2] at 0 1 [0, 1, 2, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 34, 0, 1]
    sched.issue [0, 1, 2] at 355 1 [256, 1, 18, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 50, 0, 1]
    sched.issue [0, 1, 3] at 0 1 [0, 1, 3, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 35, 0, 1]
    sched.issue [0, 1, 3] at 355 1 [256, 1, 19, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 51, 0, 1]
    sched.issue [0, 1, 4] at 1 1 [0, 1, 4, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 36, 0, 1]
    sched.issue [0, 1, 4] at 356 1 [256, 1, 20, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 52, 0, 1]
    sched.issue [0, 1, 5] at 1 1 [0, 1, 5, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 37, 0, 1]
    sched.issue [0, 1, 5] at 356 1 [256, 1, 21, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 53, 0, 1]
    sched.issue [0, 1, 6] at 1 1 [0, 1, 6, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 38, 0, 1]
    sched.issue [0, 1, 6] at 356 1 [256, 1, 22, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 54, 0, 1]
    sched.issue [0, 1, 7] at 1 1 [0, 1, 7, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 39, 0, 1]
    sched.issue [0, 1, 7] at 356 1 [256, 1, 23, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 55, 0, 1]
    sched.issue [0, 1, 8] at 2 1 [0, 1, 8, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 40, 0, 1]
    sched.issue [0, 1, 8] at 357 1 [256, 1, 24, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 56, 0, 1]
    sched.issue [0, 1, 9] at 2 1 [0, 1, 9, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 41, 0, 1]
    sched.issue [0, 1, 9] at 357 1 [256, 1, 25, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 57, 0, 1]
    sched.issue [0, 1, 10] at 2 1 [0, 1, 10, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 42, 0, 1]
    sched.issue [0, 1, 10] at 357 1 [256, 1, 26, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 58, 0, 1]
    sched.issue [0, 1, 11] at 2 1 [0, 1, 11, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 43, 0, 1]
    sched.issue [0, 1, 11] at 357 1 [256, 1, 27, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 59, 0, 1]
    sched.issue [0, 1, 12] at 3 1 [0, 1, 12, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 44, 0, 1]
    sched.issue [0, 1, 12] at 358 1 [256, 2, 28, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 60, 0, 1]
    sched.issue [0, 1, 13] at 3 1 [0, 1, 13, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 45, 0, 1]
    sched.issue [0, 1, 13] at 358 1 [256, 1, 29, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 61, 0, 1]
    sched.issue [0, 1, 14] at 3 1 [0, 1, 14, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 46, 0, 1]
    sched.issue [0, 1, 14] at 358 1 [256, 1, 30, 1] count 2 every 1 flow [-1, 64, 0, 2, -2, 62, 0, 1]
    sched.memory dense<3> : tensor<2x32x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 1 : i64, slice = 0 : i64, stripe = 0 : i64, stripes = 16 : i64}
    sched.issue [0, 1, 15] at 3 1 [0, 1, 15, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 47, 0, 1]
    sched.issue [0, 1, 15] at 358 1 [256, 1, 31, 1] count 2 every 1 flow [-1, 64, 0, 2, -1, 63, 0, 1]
    sched.issue [0, 1, 36] at 363 1 [0, 1, 0, 1] count 2 every 1 flow [0, 64, 0, 1, 76, 0, 0, 0, 0, 64, 1, 1, 77, 0, 0, 0, 1, 64, 0, 1, 78, 0, 0, 0, 1, 64, 1, 1, 80, 0, 0, 0]
    sched.issue [0, 1, 36] at 366 1 [2, 1, 0, 1] count 2 every 1 flow [0, 64, 0, 1, 79, 0, 0, 0, 0, 64, 1, 1, 81, 0, 0, 3, 1, 64, 0, 1, 76, 0, 0, 0, 1, 64, 1, 1, 77, 0, 0, 0]
    sched.issue [1, 0, 17] at 76 3 [0, 1, 0, 0] count 2 every 1 flow [-1, 0, 0, 2, 82, 0, 0, 1]
    sched.issue [1, 1, 20] at 409 3 [0, 1, 0, 0] count 2 every 1 flow [-1, 0, 0, 2, 95, 0, 0, 1]
    sched.issue [1, 1, 21] at 409 3 [0, 1, 1, 0] count 2 every 1 flow [-1, 0, 0, 2, 95, 1, 0, 1]
    sched.issue [1, 1, 22] at 409 3 [0, 1, 2, 0] count 2 every 1 flow [-1, 0, 0, 2, 95, 2, 0, 1]
    sched.issue [1, 1, 23] at 409 3 [0, 1, 3, 0] count 2 every 1 flow [-1, 0, 0, 2, 95, 3, 0, 1]
    sched.issue [1, 1, 36] at 128 3 [0, 0, 0, 1] count 1 every 1 addresses [0, 2] flow [-1, 0, 0, 1, 83, 5, 0, 0]
    sched.issue [1, 1, 36] at 129 3 [1, 0, 0, 1] count 1 every 1 addresses [1, 3] flow [-1, 0, 0, 1, 83, 4, 1, 0]
    sched.issue [1, 1, 36] at 337 3 [0, 0, 0, 1] count 1 every 1 on [1] addresses [0, 0] flow [-1, 0, 0, 1, 87, 0, 0, 0]
    sched.issue [1, 1, 36] at 338 3 [0, 0, 0, 1] count 1 every 1 on [0] addresses [2, 0] flow [-1, 0, 0, 1, 85, 0, 0, 0]
    sched.issue [1, 1, 36] at 361 3 [1, 0, 0, 1] count 1 every 1 on [1] addresses [1, 1] flow [-1, 0, 0, 1, 87, 0, 1, 0]
    sched.issue [1, 1, 36] at 362 3 [1, 0, 0, 1] count 1 every 1 on [0] addresses [3, 1] flow [-1, 0, 0, 1, 85, 0, 1, 0]
    sched.issue [2, 0, 0] at 68 64 [1, 32, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 0] count 2 every 1 flow [-1, 0, 0, 2, 93, 0, 0, 1, -1, 1, 0, 2, 93, 1, 0, 1, -1, 2, 0, 2, 93, 2, 0, 1, -1, 3, 0, 2, 93, 3, 0, 1]
    sched.issue [2, 0, 0] at 115 64 [1, 32, 3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0] count 2 every 1 flow [-1, 0, 0, 2, 36, 0, 0, 1]
    sched.issue [6, 0, 0] at 86 12 [0, 0, 0] count 2 every 24 on [0] flow [-1, 0, 0, 1, 34, 0, 0, 0, -1, 0, 1, 1, 35, 0, 0, 0]
    sched.issue [6, 0, 1] at 315 13 [0, 0, 1] count 2 every 24 on [0] flow [-1, 104, 0, 2, 86, 0, 0, 1]
    sched.issue [6, 0, 12] at 87 12 [6, 0, 0] count 2 every 24 on [1] flow [-1, 0, 0, 1, 34, 0, 1, 0, -1, 0, 1, 1, 35, 0, 1, 0]
    sched.issue [6, 0, 13] at 314 13 [6, 0, 1] count 2 every 24 on [1] flow [-1, 104, 0, 2, 84, 0, 0, 1]
    sched.issue [7, 0, 0] at 13 16 [0, 0, 16] count 2 every 1 flow [-1, 0, 0, 2, 0, 0, 0, 1, -1, 1, 0, 2, 2, 0, 0, 1, -1, 2, 0, 2, 4, 0, 0, 1, -1, 3, 0, 2, 6, 0, 0, 1, -1, 4, 0, 2, 8, 0, 0, 1, -1, 5, 0, 2, 10, 0, 0, 1, -1, 6, 0, 2, 12, 0, 0, 1, -1, 7, 0, 2, 14, 0, 0, 1, -1, 8, 0, 2, 16, 0, 0, 1, -1, 9, 0, 2, 18, 0, 0, 1, -1, 10, 0, 2, 20, 0, 0, 1, -1, 11, 0, 2, 22, 0, 0, 1, -1, 12, 0, 2, 24, 0, 2, 1, -1, 0, 0, 2, 26, 0, 0, 1, -1, 14, 0, 2, 28, 0, 0, 1, -1, 15, 0, 2, 30, 0, 0, 1]
    sched.issue [7, 0, 0] at 16 16 [16, 0, 16] count 2 every 1 flow [-1, 0, 0, 2, 1, 0, 0, 1, -1, 1, 0, 2, 3, 0, 0, 1, -1, 2, 0, 2, 5, 0, 0, 1, -1, 3, 0, 2, 7, 0, 0, 1, -1, 4, 0, 2, 9, 0, 0, 1, -1, 5, 0, 2, 11, 0, 0, 1, -1, 6, 0, 2, 13, 0, 0, 1, -1, 7, 0, 2, 15, 0, 0, 1, -1, 8, 0, 2, 17, 0, 0, 1, -1, 9, 0, 2, 19, 0, 0, 1, -1, 10, 0, 2, 21, 0, 0, 1, -1, 11, 0, 2, 23, 0, 0, 1, -1, 12, 0, 2, 25, 0, 0, 0, -1, 13, 0, 2, 27, 0, 0, 1, -1, 14, 0, 2, 29, 0, 0, 1, -1, 15, 0, 2, 31, 0, 0, 1]
    sched.issue [7, 1, 0] at 13 16 [0, 0, 16] count 2 every 1 flow [-1, 0, 0, 2, 37, 0, 0, 1, -1, 1, 0, 2, 39, 0, 0, 1, -1, 2, 0, 2, 41, 0, 0, 1, -1, 3, 0, 2, 43, 0, 0, 1, -1, 4, 0, 2, 45, 0, 0, 1, -1, 5, 0, 2, 47, 0, 0, 1, -1, 6, 0, 2, 49, 0, 0, 1, -1, 7, 0, 2, 51, 0, 0, 1, -1, 8, 0, 2, 53, 0, 0, 1, -1, 9, 0, 2, 55, 0, 0, 1, -1, 10, 0, 2, 57, 0, 0, 1, -1, 11, 0, 2, 59, 0, 0, 1, -1, 12, 0, 2, 61, 0, 0, 1, -1, 13, 0, 2, 63, 0, 0, 1, -1, 14, 0, 2, 65, 0, 0, 1, -1, 15, 0, 2, 67, 0, 0, 1]
    sched.issue [7, 1, 0] at 368 16 [16, 0, 16] count 2 every 1 flow [-1, 0, 0, 2, 38, 0, 0, 1, -1, 1, 0, 2, 40, 0, 0, 1, -1, 2, 0, 2, 42, 0, 0, 1, -1, 3, 0, 2, 44, 0, 0, 1, -1, 4, 0, 2, 46, 0, 0, 1, -1, 5, 0, 2, 48, 0, 0, 1, -1, 6, 0, 2, 50, 0, 0, 1, -1, 7, 0, 2, 52, 0, 0, 1, -1, 8, 0, 2, 54, 0, 0, 1, -1, 9, 0, 2, 56, 0, 0, 1, -1, 10, 0, 2, 58, 0, 0, 1, -1, 11, 0, 2, 60, 0, 0, 1, -1, 12, 0, 2, 62, 0, 0, 1, -1, 13, 0, 2, 64, 0, 0, 1, -1, 14, 0, 2, 66, 0, 0, 1, -1, 15, 0, 2, 68, 0, 0, 1]
    sched.issue [8, 0, 0] at 15 17 [0, 1, 0, 0, 32, 0, 0] count 2 every 1 flow [-1, 0, 0, 2, 32, 0, 0, 1, -1, 96, 0, 2, 88, 0, 0, 1]
    sched.issue [8, 0, 0] at 18 17 [0, 1, 1, 0, 32, 0, 0] count 2 every 1 flow [-1, 0, 0, 2, 33, 0, 0, 1, -1, 96, 0, 2, 89, 0, 0, 1, -1, 97, 0, 2, 92, 0, 0, 1]
    sched.issue [8, 1, 0] at 367 17 [0, 1, 0, 0, 32, 0, 0] count 2 every 1 flow [-1, 0, 0, 2, 69, 0, 0, 1, -1, 96, 0, 2, 90, 0, 0, 1]
    sched.issue [8, 1, 0] at 370 17 [0, 1, 1, 1, 32, 0, 0] count 2 every 1 flow [-1, 0, 0, 2, 70, 0, 0, 1, -1, 96, 0, 2, 91, 0, 0, 1, -1, 97, 0, 2, 94, 0, 0, 1]
  }
}

