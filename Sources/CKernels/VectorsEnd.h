// Undoes Vectors.h.
#undef VN_SUFFIX
#undef VN_LANES
#undef LANES
#undef FN
#undef V
#undef VI
#undef VD
#undef FMA
#undef FMA1
#undef MASK
#undef LOAD
#undef STORE
#undef LOAD_SOME
#undef STORE_SOME
#undef BROADCAST
