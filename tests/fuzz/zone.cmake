waypost_fuzz(zone_file_fuzz CORPUS ${CMAKE_CURRENT_SOURCE_DIR}/corpus/zone_file SOURCES zone_file_fuzz.cc SEES zone model)
