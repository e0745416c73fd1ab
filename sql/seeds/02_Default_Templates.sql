-- The templates that the platform comes with: no user owns them and everybody sees them.
--
-- The ids are fixed, so that a template keeps its identity, and the projects made from it their reference, when this
-- file changes. A template that has not changed is not written. "isPublic" is set once only: a template that was taken
-- off the shelf stays off. Previews are paths in MinIO, uploaded with the application.
INSERT INTO "Template" AS template
  (id, name, description, category, "previewUrl", tags, "sourceData", "isPublic")
SELECT id::uuid, name, description, category, preview, tags::jsonb, source::jsonb, true
FROM (VALUES
  (
    '86f1f04a-f446-45e5-83ac-a3594207b827', 'Instagram Square Post',
    'A bold headline over a full-bleed photo, for the feed.',
    'social_post', 'templates/previews/instagram-square-post.png', '["instagram", "post", "photo"]',
    '{"canvas": {"width": 1080, "height": 1080}, "layers": [
      {"type": "image", "slot": "background", "fit": "cover"},
      {"type": "text", "slot": "headline", "text": "Your headline", "style": "heading", "align": "center"},
      {"type": "logo", "slot": "logo", "anchor": "bottom-right"}
    ]}'
  ),
  (
    'ff5fdf25-569e-4113-bc64-df8ad80a8336', 'Instagram Story',
    'A vertical story with a headline and a call to action in the safe area.',
    'social_story', 'templates/previews/instagram-story.png', '["instagram", "story", "vertical"]',
    '{"canvas": {"width": 1080, "height": 1920}, "layers": [
      {"type": "image", "slot": "background", "fit": "cover"},
      {"type": "text", "slot": "headline", "text": "Today only", "style": "heading", "align": "center"},
      {"type": "button", "slot": "action", "text": "Swipe up"}
    ]}'
  ),
  (
    'a02849d0-36c9-4e3d-bf71-16aef5debfe2', 'Facebook Cover',
    'A wide cover with room for the profile picture at the left.',
    'cover', 'templates/previews/facebook-cover.png', '["facebook", "cover", "wide"]',
    '{"canvas": {"width": 1640, "height": 624}, "layers": [
      {"type": "shape", "slot": "background", "fill": "brand.primary"},
      {"type": "text", "slot": "headline", "text": "What we stand for", "style": "heading", "align": "right"},
      {"type": "logo", "slot": "logo", "anchor": "top-right"}
    ]}'
  ),
  (
    '15488619-4050-4345-8b0e-3265b69520dd', 'LinkedIn Announcement',
    'A sober announcement for a company page.',
    'social_post', 'templates/previews/linkedin-announcement.png', '["linkedin", "post", "business", "announcement"]',
    '{"canvas": {"width": 1200, "height": 627}, "layers": [
      {"type": "shape", "slot": "background", "fill": "brand.background"},
      {"type": "text", "slot": "headline", "text": "We are hiring", "style": "heading", "align": "left"},
      {"type": "text", "slot": "body", "text": "Join our team", "style": "body", "align": "left"},
      {"type": "logo", "slot": "logo", "anchor": "bottom-left"}
    ]}'
  ),
  (
    '49fb9b0d-9468-4d8a-8a85-c9fcd16487b1', 'X Quote Card',
    'A quotation with its author, made to be read in a timeline.',
    'social_post', 'templates/previews/x-quote-card.png', '["x", "post", "quote"]',
    '{"canvas": {"width": 1600, "height": 900}, "layers": [
      {"type": "shape", "slot": "background", "fill": "brand.secondary"},
      {"type": "text", "slot": "quote", "text": "A sentence worth sharing", "style": "quote", "align": "center"},
      {"type": "text", "slot": "author", "text": "Its author", "style": "caption", "align": "center"}
    ]}'
  ),
  (
    'a0a11a98-a453-483a-b092-b4537fb8ae57', 'TikTok Video Cover',
    'A cover whose title stays clear of the controls.',
    'video_cover', 'templates/previews/tiktok-video-cover.png', '["tiktok", "cover", "vertical", "video"]',
    '{"canvas": {"width": 1080, "height": 1920}, "layers": [
      {"type": "image", "slot": "background", "fit": "cover"},
      {"type": "text", "slot": "headline", "text": "Watch this", "style": "heading", "align": "left"}
    ]}'
  ),
  (
    '726604e5-40a3-4e07-98b7-8b23459181f5', 'YouTube Thumbnail',
    'A large face, three words and a contrast that works at any size.',
    'video_cover', 'templates/previews/youtube-thumbnail.png', '["youtube", "thumbnail", "video"]',
    '{"canvas": {"width": 1280, "height": 720}, "layers": [
      {"type": "image", "slot": "background", "fit": "cover"},
      {"type": "image", "slot": "portrait", "fit": "cutout"},
      {"type": "text", "slot": "headline", "text": "Three short words", "style": "heading", "align": "left"}
    ]}'
  ),
  (
    '24458bc2-d93b-4539-b102-1421d5939eca', 'Pinterest Pin',
    'A tall pin with a picture above and a title below.',
    'social_post', 'templates/previews/pinterest-pin.png', '["pinterest", "post", "vertical"]',
    '{"canvas": {"width": 1000, "height": 1500}, "layers": [
      {"type": "image", "slot": "picture", "fit": "cover"},
      {"type": "text", "slot": "headline", "text": "How to make it", "style": "heading", "align": "center"},
      {"type": "logo", "slot": "logo", "anchor": "bottom"}
    ]}'
  ),
  (
    '859835d2-62d5-4320-809b-58d3d0a16d3d', 'Sale Banner',
    'A banner for a shop: discount, product and a call to action.',
    'advertisement', 'templates/previews/sale-banner.png', '["advertisement", "sale", "banner", "product"]',
    '{"canvas": {"width": 1200, "height": 628}, "layers": [
      {"type": "shape", "slot": "background", "fill": "brand.accent"},
      {"type": "image", "slot": "product", "fit": "contain"},
      {"type": "text", "slot": "discount", "text": "-30 %", "style": "heading", "align": "left"},
      {"type": "button", "slot": "action", "text": "Shop now"}
    ]}'
  ),
  (
    '7325b942-6a9e-418a-b558-e63897c24e43', 'Product Showcase',
    'Three slides that show one product: as a whole, in detail and in use.',
    'carousel', 'templates/previews/product-showcase.png', '["instagram", "carousel", "product"]',
    '{"canvas": {"width": 1080, "height": 1350}, "layers": [
      {"type": "image", "slot": "product", "fit": "contain"},
      {"type": "text", "slot": "name", "text": "Product name", "style": "heading", "align": "center"},
      {"type": "text", "slot": "price", "text": "Price", "style": "caption", "align": "center"}
    ]}'
  )
) AS wanted (id, name, description, category, preview, tags, source)
ON CONFLICT (id) DO UPDATE
SET name = EXCLUDED.name,
  description = EXCLUDED.description,
  category = EXCLUDED.category,
  "previewUrl" = EXCLUDED."previewUrl",
  tags = EXCLUDED.tags,
  "sourceData" = EXCLUDED."sourceData"
WHERE (
  template.name, template.description, template.category, template."previewUrl", template.tags, template."sourceData"
) IS DISTINCT FROM (
  EXCLUDED.name, EXCLUDED.description, EXCLUDED.category, EXCLUDED."previewUrl", EXCLUDED.tags, EXCLUDED."sourceData"
);
