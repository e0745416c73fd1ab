-- The GIN indexes. The table files mention them, but each is made here alone.
-- Colors and fonts are searched by containment (@>) only. jsonb_path_ops serves just that, smaller and faster.
CREATE INDEX "BrandKit_colors_idx" ON "BrandKit" USING gin (colors jsonb_path_ops);
CREATE INDEX "BrandKit_fonts_idx" ON "BrandKit" USING gin (fonts jsonb_path_ops);
-- The default operator class, which also answers "has this tag" (tags ? 'sale').
CREATE INDEX "Template_tags_idx" ON "Template" USING gin (tags);
